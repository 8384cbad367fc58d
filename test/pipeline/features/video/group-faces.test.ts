import { describe, expect, it } from 'vitest';
import { groupFaces } from '../../../../pipeline/features/video/group-faces.ts';

const FACE_PIXELS = 64 * 64;

function faces(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => new Uint8Array(FACE_PIXELS).fill(i + 1));
}

/** Which face lies at each of the 5 × 10 places; 0 where none does. */
function places(pixels: Uint8Array): number[][] {
  return Array.from({ length: 5 }, (_, group) =>
    Array.from({ length: 10 }, (_, place) => {
      const values = new Set(
        pixels.subarray((group * 10 + place) * FACE_PIXELS, (group * 10 + place + 1) * FACE_PIXELS),
      );
      expect(values.size).toBe(1);
      return [...values][0]!;
    }),
  );
}

function run(from: number, to: number, length = 10): number[] {
  return Array.from({ length }, (_, i) => (from + i <= to ? from + i : 0));
}

describe('groupFaces', () => {
  it('puts 25 faces into five groups of ten that overlap by five, the last one short', () => {
    const { pixels, faceCount } = groupFaces(faces(25));
    expect(faceCount).toBe(25);
    expect(places(pixels)).toEqual([run(1, 10), run(6, 15), run(11, 20), run(16, 25), run(21, 25)]);
  });

  it('ignores faces after the 25th', () => {
    expect(groupFaces(faces(40))).toEqual(groupFaces(faces(25)));
  });

  it('leaves zeros where no face is', () => {
    const { pixels, faceCount } = groupFaces(faces(7));
    expect(faceCount).toBe(7);
    expect(places(pixels)).toEqual([run(1, 7), run(6, 7), run(0, -1), run(0, -1), run(0, -1)]);
  });

  it('refuses no faces, and faces of another size', () => {
    expect(() => groupFaces([])).toThrow(RangeError);
    expect(() => groupFaces([new Uint8Array(48 * 48)])).toThrow(RangeError);
  });
});

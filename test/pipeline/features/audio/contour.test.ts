import { describe, expect, it } from 'vitest';
import { Contour } from '../../../../pipeline/features/audio/egemaps/contour.ts';

describe('contour', () => {
  it('has a value for each frame, zero until it is set', () => {
    const contour = new Contour();
    for (let frame = 0; frame < 3000; frame += 2) contour.set(frame, frame);
    expect(contour.at(2998)).toBe(2998);
    expect(contour.at(1001)).toBe(0);
    expect(Array.from(contour.values.subarray(0, 5))).toEqual([0, 0, 2, 0, 4]);
  });

  it('keeps its size when the old is forgotten as fast as the new comes', () => {
    const contour = new Contour();
    const size = contour.values.length;
    for (let frame = 0; frame < 100_000; frame++) {
      contour.set(frame, frame + 1);
      contour.forgetBefore(frame - 100);
      if (frame >= 100) expect(contour.at(frame - 100)).toBe(frame - 99);
      expect(contour.at(frame)).toBe(frame + 1);
    }
    expect(contour.values.length).toBe(size);
    expect(contour.at(100_001)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { FACE_CROP_BYTES, filterFaceCrop, unfilterFaceCrop } from '../../../client-sdk/protocol/index.ts';
import { seededRandom } from '../../support/e2e/seeded-random.ts';

const crop = (gray: (index: number) => number) => Uint8Array.from({ length: FACE_CROP_BYTES }, (_, i) => gray(i));

describe('a face crop', () => {
  it('comes back unchanged from its filter, whatever it shows', () => {
    const random = seededRandom(5);
    const pictures = [
      crop(() => 0),
      crop(() => 255),
      crop((i) => (i % 2) * 255),
      crop((i) => i),
      crop(() => random() * 256),
    ];
    for (const pixels of pictures) expect(unfilterFaceCrop(filterFaceCrop(pixels))).toEqual(pixels);
  });

  it('becomes small numbers where the light changes slowly', () => {
    const inside = filterFaceCrop(crop((i) => 20 + (i >> 6) + (i & 63))).filter((_, i) => i % 64 > 0 && i >= 64);
    expect(Math.max(...inside)).toBeLessThanOrEqual(1);
  });
});

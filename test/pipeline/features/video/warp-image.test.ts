import { describe, expect, it } from 'vitest';
import { toGray, warpRgb } from '../../../../pipeline/features/video/warp-image.ts';
import type { RgbImage } from '../../../../pipeline/media/rgb-image.ts';
import { blankCanvas, noisePicture } from '../../../support/faces/pictures.ts';

/** Red grows by 2 a column, green by 2 a row. */
function ramps(sizePx: number): RgbImage {
  const picture = blankCanvas(sizePx, sizePx, 0);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) picture.bytes.set([2 * x, 2 * y, 7], (y * sizePx + x) * 3);
  }
  return picture;
}

function warp(
  picture: RgbImage,
  map: Parameters<typeof warpRgb>[1],
  sizePx: number,
  beyond: 'black' | 'edge' = 'edge',
) {
  const out = new Uint8Array(sizePx * sizePx * 3).fill(99);
  warpRgb(picture, map, sizePx, beyond, out);
  return (x: number, y: number) => [...out.subarray((y * sizePx + x) * 3, (y * sizePx + x) * 3 + 3)];
}

describe('warpRgb', () => {
  it('copies under the identity', () => {
    const picture = noisePicture(8, 8);
    const out = new Uint8Array(8 * 8 * 3);
    warpRgb(picture, { a: 1, b: 0, tx: 0, ty: 0 }, 8, 'edge', out);
    expect(out).toEqual(picture.bytes);
  });

  it('interpolates between pixels when it enlarges', () => {
    const at = warp(ramps(20), { a: 0.5, b: 0, tx: 4, ty: 6 }, 16);
    // Output pixel 3 has its middle at source 4 + 3.5 / 2 = 5.75: between the middles 5.5 (10) and 6.5 (12).
    expect(at(3, 3)).toEqual([11, 15, 7]);
  });

  it.each([3, 5])('averages what an output pixel covers when it shrinks %d times', (scale) => {
    const at = warp(ramps(60), { a: scale, b: 0, tx: 0, ty: 0 }, 10, 'black');
    const middle = 2 * (scale * 4.5 - 0.5);
    expect(at(4, 4)).toEqual([middle, middle, 7]);
    const turned = warp(ramps(60), { a: scale, b: 1e-9, tx: 0, ty: 0 }, 10, 'black');
    expect(turned(4, 4)).toEqual(at(4, 4));
  });

  it('leaves no trace of a chequerboard that it shrinks', () => {
    const picture = blankCanvas(96, 96, 0);
    for (let i = 0; i < 96 * 96; i++) if ((i + Math.floor(i / 96)) % 2 === 0) picture.bytes.fill(255, i * 3, i * 3 + 3);
    const at = warp(picture, { a: 6, b: 0, tx: 0, ty: 0 }, 16, 'black');
    expect(Math.abs(at(7, 9)[0]! - 127.5)).toBeLessThan(2);
  });

  it('turns', () => {
    // A quarter turn: output (u, v) shows source (20 − v, u).
    const at = warp(ramps(20), { a: 0, b: 1, tx: 20, ty: 0 }, 20);
    expect(at(3, 5)).toEqual([2 * 14, 2 * 3, 7]);
  });

  it('draws the edge out, or leaves black beyond it, at every scale', () => {
    for (const scale of [0.5, 1, 2, 4]) {
      const map = { a: scale, b: 0, tx: -8 * scale, ty: 0 };
      expect(warp(ramps(40), map, 8, 'edge')(0, 0)[2]).toBe(7);
      expect(warp(ramps(40), map, 8, 'black')(0, 0)).toEqual([0, 0, 0]);
    }
  });
});

describe('toGray', () => {
  it('weighs the channels as luma does', () => {
    const gray = new Uint8Array(4);
    toGray(new Uint8Array([255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]), gray);
    expect([...gray]).toEqual([255, 77, 149, 29]);
  });
});

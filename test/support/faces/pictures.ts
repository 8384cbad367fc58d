import { readFileSync } from 'node:fs';
import type { RgbImage } from '../../../pipeline/media/rgb-image.ts';
import { decodeImage } from '../../../server/ingest/pictures/decode-picture.ts';

const PORTRAIT_FILE = new URL('../../fixtures/faces/astronaut.jpg', import.meta.url);

/** Eye centres in the portrait, marked by hand: the person's right eye, then the left one. */
export const PORTRAIT_EYES = [
  { x: 104.5, y: 101.2 },
  { x: 149.5, y: 103.5 },
] as const;

/** The 256 × 256 portrait of one face that is about 94 px wide. */
export function loadPortrait(): Promise<RgbImage> {
  return decodeImage({ encoding: 'jpeg', bytes: portraitJpeg() });
}

export function portraitJpeg(): Uint8Array {
  return new Uint8Array(readFileSync(PORTRAIT_FILE));
}

/**
 * Where a picture is drawn on a canvas: its centre is at (`x`, `y`), and it is rotated by `degrees` about its centre.
 */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly degrees?: number;
  /** Factor for every value. Default 1. */
  readonly brightness?: number;
}

export function placePoint(
  picture: RgbImage,
  { x, y, scale, degrees = 0 }: Placement,
  point: { readonly x: number; readonly y: number },
) {
  const cos = Math.cos((degrees * Math.PI) / 180) * scale;
  const sin = Math.sin((degrees * Math.PI) / 180) * scale;
  const dx = point.x - picture.widthPx / 2;
  const dy = point.y - picture.heightPx / 2;
  return { x: x + cos * dx - sin * dy, y: y + sin * dx + cos * dy };
}

/** A uniformly gray picture. */
export function blankCanvas(widthPx: number, heightPx: number, value = 90): RgbImage {
  return { widthPx, heightPx, bytes: new Uint8Array(widthPx * heightPx * 3).fill(value) };
}

/** Draws a picture onto `canvas` in place, with linear interpolation. */
export function drawPicture(canvas: RgbImage, picture: RgbImage, placement: Placement): RgbImage {
  const { x: centreX, y: centreY, scale, degrees = 0, brightness = 1 } = placement;
  const cos = Math.cos((degrees * Math.PI) / 180) / scale;
  const sin = Math.sin((degrees * Math.PI) / 180) / scale;
  for (let y = 0; y < canvas.heightPx; y++) {
    for (let x = 0; x < canvas.widthPx; x++) {
      const dx = x + 0.5 - centreX;
      const dy = y + 0.5 - centreY;
      const sx = cos * dx + sin * dy + picture.widthPx / 2 - 0.5;
      const sy = -sin * dx + cos * dy + picture.heightPx / 2 - 0.5;
      if (sx < 0 || sy < 0 || sx > picture.widthPx - 2 || sy > picture.heightPx - 2) continue;
      const left = Math.floor(sx);
      const top = Math.floor(sy);
      const fx = sx - left;
      const fy = sy - top;
      const above = (top * picture.widthPx + left) * 3;
      const below = above + picture.widthPx * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = (1 - fx) * picture.bytes[above + channel]! + fx * picture.bytes[above + 3 + channel]!;
        const lower = (1 - fx) * picture.bytes[below + channel]! + fx * picture.bytes[below + 3 + channel]!;
        canvas.bytes[(y * canvas.widthPx + x) * 3 + channel] = brightness * ((1 - fy) * upper + fy * lower);
      }
    }
  }
  return canvas;
}

/** Deterministic noise. */
export function noisePicture(widthPx: number, heightPx: number, seed = 1): RgbImage {
  const picture = blankCanvas(widthPx, heightPx);
  let state = seed;
  for (let i = 0; i < picture.bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    picture.bytes[i] = state >>> 24;
  }
  return picture;
}

/** A picture of sky, sun, hills and a field. */
export function landscapePicture(widthPx: number, heightPx: number): RgbImage {
  const picture = blankCanvas(widthPx, heightPx);
  for (let y = 0, o = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++, o += 3) {
      const u = x / widthPx;
      const v = y / heightPx;
      const hill = 0.55 + 0.08 * Math.sin(7 * u) + 0.03 * Math.sin(23 * u + 1);
      const sun = Math.hypot(u - 0.75, (v - 0.2) * (heightPx / widthPx)) < 0.06;
      const grain = (x * 31 + y * 17) % 23;
      const colour = sun
        ? [255, 240, 190]
        : v < hill
          ? [120 + 80 * v, 170 + 60 * v, 240]
          : [60 + grain, 120 + 60 * (1 - v) + grain, 50];
      picture.bytes.set(colour, o);
    }
  }
  return picture;
}

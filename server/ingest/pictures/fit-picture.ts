import type { RgbImage } from '../../../pipeline/index.ts';
import type { Orientation } from './exif-orientation.ts';

/** Longer side of a decoded picture, in px. A larger picture is scaled down and keeps its proportions. */
export const MAX_DECODED_SIDE_PX = 640;

/** The size that a picture is scaled down to. A small enough picture keeps its own size. */
export function fittingSize(
  widthPx: number,
  heightPx: number,
): { readonly widthPx: number; readonly heightPx: number } {
  const scale = Math.min(1, MAX_DECODED_SIDE_PX / Math.max(widthPx, heightPx));
  const side = (px: number) => Math.max(1, Math.round(px * scale));
  return { widthPx: side(widthPx), heightPx: side(heightPx) };
}

/** Scales a picture down. Each pixel is the mean of the source pixels that it covers, in part or whole. */
export function scaleDown(image: RgbImage, widthPx: number, heightPx: number): RgbImage {
  if (image.widthPx === widthPx && image.heightPx === heightPx) return image;
  const columns = coverage(image.widthPx, widthPx);
  const rows = coverage(image.heightPx, heightPx);
  const stride = image.widthPx * 3;
  const sums = new Float32Array(stride);
  const bytes = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y++) {
    sums.fill(0);
    for (let row = rows.first[y]!, k = 0; row <= rows.last[y]!; row++, k++) {
      const weight = rows.weight(y, k);
      const at = row * stride;
      for (let i = 0; i < stride; i++) sums[i]! += image.bytes[at + i]! * weight;
    }
    for (let x = 0, to = y * widthPx * 3; x < widthPx; x++, to += 3) {
      let [r, g, b] = [0, 0, 0];
      for (let column = columns.first[x]!, k = 0; column <= columns.last[x]!; column++, k++) {
        const weight = columns.weight(x, k);
        r += sums[column * 3]! * weight;
        g += sums[column * 3 + 1]! * weight;
        b += sums[column * 3 + 2]! * weight;
      }
      bytes[to] = r + 0.5;
      bytes[to + 1] = g + 0.5;
      bytes[to + 2] = b + 0.5;
    }
  }
  return { widthPx, heightPx, bytes };
}

/** Which of the `from` pixels each of the `to` pixels covers, and with what weight. */
function coverage(from: number, to: number) {
  const step = from / to;
  const first = new Int32Array(to);
  const last = new Int32Array(to);
  for (let i = 0; i < to; i++) {
    first[i] = Math.floor(i * step);
    last[i] = Math.max(first[i]!, Math.min(from, Math.ceil((i + 1) * step - 1e-9)) - 1);
  }
  const weight = (i: number, k: number): number => {
    const at = first[i]! + k;
    return (Math.min(at + 1, (i + 1) * step) - Math.max(at, i * step)) / step;
  };
  return { first, last, weight };
}

/** Target of the pixel in column x and row y, per EXIF orientation. The sides are those of the stored picture. */
const PLACES: Readonly<Record<Orientation, (x: number, y: number, w: number, h: number) => readonly [number, number]>> =
  {
    1: (x, y) => [x, y],
    2: (x, y, w) => [w - 1 - x, y],
    3: (x, y, w, h) => [w - 1 - x, h - 1 - y],
    4: (x, y, _w, h) => [x, h - 1 - y],
    5: (x, y) => [y, x],
    6: (x, y, _w, h) => [h - 1 - y, x],
    7: (x, y, w, h) => [h - 1 - y, w - 1 - x],
    8: (x, y, w) => [y, w - 1 - x],
  };

/** Turns a picture upright. */
export function turnUpright(image: RgbImage, orientation: Orientation): RgbImage {
  if (orientation === 1) return image;
  const { widthPx: w, heightPx: h } = image;
  const isTurned = orientation >= 5;
  const [widthPx, heightPx] = isTurned ? [h, w] : [w, h];
  const place = PLACES[orientation];
  const [originX, originY] = place(0, 0, w, h);
  const [rightX, rightY] = place(1, 0, w, h);
  const [downX, downY] = place(0, 1, w, h);
  const origin = (originY * widthPx + originX) * 3;
  const right = ((rightY - originY) * widthPx + rightX - originX) * 3;
  const down = ((downY - originY) * widthPx + downX - originX) * 3;
  const bytes = new Uint8Array(image.bytes.length);
  for (let y = 0, from = 0; y < h; y++) {
    for (let x = 0, to = origin + y * down; x < w; x++, from += 3, to += right) {
      bytes[to] = image.bytes[from]!;
      bytes[to + 1] = image.bytes[from + 1]!;
      bytes[to + 2] = image.bytes[from + 2]!;
    }
  }
  return { widthPx, heightPx, bytes };
}

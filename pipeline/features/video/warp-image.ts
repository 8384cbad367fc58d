import type { RgbImage } from '../../media/rgb-image.ts';
import { type Similarity, scaleOf } from './similarity.ts';

/** Pixels beyond the picture's edge: black (0), or the repeated edge. */
export type Beyond = 'black' | 'edge';

/** Most sub-samples per side of an output pixel: enough for a 640 px picture in 80 px. */
const MAX_SUBSAMPLES = 8;

/**
 * Fills `out` (`[sizePx, sizePx, 3]`). `toSource` maps each output pixel to the picture.
 * Enlarging interpolates linearly. Shrinking averages the source pixels that an output pixel covers.
 */
export function warpRgb(
  image: RgbImage,
  toSource: Similarity,
  sizePx: number,
  beyond: Beyond,
  out: Uint8Array<ArrayBuffer>,
): void {
  const subsamples = Math.min(MAX_SUBSAMPLES, Math.floor(scaleOf(toSource) + 0.25));
  if (subsamples <= 1) interpolate(image, toSource, sizePx, beyond, out);
  else if (toSource.b === 0 && beyond === 'black') averageUpright(image, toSource, sizePx, subsamples, out);
  else average(image, toSource, sizePx, subsamples, beyond, out);
}

/** {@link average} without rotation, black beyond the edge. Every picture goes into the detector in this way. */
function averageUpright(
  image: RgbImage,
  { a, tx, ty }: Similarity,
  sizePx: number,
  subsamples: number,
  out: Uint8Array,
): void {
  const { widthPx, heightPx, bytes } = image;
  const columns = samplePositions(a, tx, sizePx, subsamples, widthPx);
  const rows = samplePositions(a, ty, sizePx, subsamples, heightPx);
  const sums = new Float64Array(sizePx * 3);
  const share = 1 / (subsamples * subsamples);
  for (let v = 0; v < sizePx; v++) {
    sums.fill(0.5);
    for (let j = v * subsamples; j < (v + 1) * subsamples; j++) {
      if (rows[j]! < 0) continue;
      const row = rows[j]! * widthPx * 3;
      for (let u = 0, k = 0; u < sums.length; u += 3) {
        let red = 0;
        let green = 0;
        let blue = 0;
        for (const end = k + subsamples; k < end; k++) {
          const column = columns[k]!;
          if (column < 0) continue;
          const p = row + column * 3;
          red += bytes[p]!;
          green += bytes[p + 1]!;
          blue += bytes[p + 2]!;
        }
        sums[u]! += red * share;
        sums[u + 1]! += green * share;
        sums[u + 2]! += blue * share;
      }
    }
    for (let u = 0, o = v * sums.length; u < sums.length; u++, o++) out[o] = sums[u]!;
  }
}

/** Source row or column of each sub-sample along one axis; −1 beyond the edge. */
function samplePositions(scale: number, shift: number, sizePx: number, subsamples: number, limit: number): Int32Array {
  const positions = new Int32Array(sizePx * subsamples);
  for (let k = 0; k < positions.length; k++) {
    const position = Math.floor((scale * (k + 0.5)) / subsamples + shift);
    positions[k] = position >= 0 && position < limit ? position : -1;
  }
  return positions;
}

function average(
  image: RgbImage,
  { a, b, tx, ty }: Similarity,
  sizePx: number,
  subsamples: number,
  beyond: Beyond,
  out: Uint8Array,
): void {
  const { widthPx, heightPx, bytes } = image;
  const step = 1 / subsamples;
  const share = step * step;
  const clamp = beyond === 'edge';
  for (let v = 0, o = 0; v < sizePx; v++) {
    for (let u = 0; u < sizePx; u++, o += 3) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let j = 0; j < subsamples; j++) {
        const dy = v + (j + 0.5) * step;
        let dx = u + 0.5 * step;
        for (let i = 0; i < subsamples; i++, dx += step) {
          let x = Math.floor(a * dx - b * dy + tx);
          let y = Math.floor(b * dx + a * dy + ty);
          if (x < 0 || y < 0 || x >= widthPx || y >= heightPx) {
            if (!clamp) continue;
            x = x < 0 ? 0 : x >= widthPx ? widthPx - 1 : x;
            y = y < 0 ? 0 : y >= heightPx ? heightPx - 1 : y;
          }
          const p = (y * widthPx + x) * 3;
          red += bytes[p]!;
          green += bytes[p + 1]!;
          blue += bytes[p + 2]!;
        }
      }
      out[o] = red * share + 0.5;
      out[o + 1] = green * share + 0.5;
      out[o + 2] = blue * share + 0.5;
    }
  }
}

function interpolate(
  image: RgbImage,
  { a, b, tx, ty }: Similarity,
  sizePx: number,
  beyond: Beyond,
  out: Uint8Array,
): void {
  const { widthPx, heightPx, bytes } = image;
  const clamp = beyond === 'edge';
  const lastX = widthPx - 1;
  const lastY = heightPx - 1;
  for (let v = 0, o = 0; v < sizePx; v++) {
    for (let u = 0; u < sizePx; u++, o += 3) {
      const sx = a * (u + 0.5) - b * (v + 0.5) + tx;
      const sy = b * (u + 0.5) + a * (v + 0.5) + ty;
      if (!clamp && (sx < 0 || sy < 0 || sx >= widthPx || sy >= heightPx)) {
        out[o] = out[o + 1] = out[o + 2] = 0;
        continue;
      }
      const cx = Math.min(Math.max(sx - 0.5, 0), lastX);
      const cy = Math.min(Math.max(sy - 0.5, 0), lastY);
      const x = Math.floor(cx);
      const y = Math.floor(cy);
      const fx = cx - x;
      const fy = cy - y;
      const p = (y * widthPx + x) * 3;
      const q = y < lastY ? p + widthPx * 3 : p;
      const right = x < lastX ? 3 : 0;
      const w00 = (1 - fx) * (1 - fy);
      const w10 = fx * (1 - fy);
      const w01 = (1 - fx) * fy;
      const w11 = fx * fy;
      for (let c = 0; c < 3; c++) {
        const upper = w00 * bytes[p + c]! + w10 * bytes[p + right + c]!;
        const lower = w01 * bytes[q + c]! + w11 * bytes[q + right + c]!;
        out[o + c] = upper + lower + 0.5;
      }
    }
  }
}

/** Luma (ITU-R BT.601) of `rgb` into `gray`, one value per pixel. */
export function toGray(rgb: Uint8Array, gray: Uint8Array): void {
  for (let i = 0, p = 0; i < gray.length; i++, p += 3) {
    gray[i] = (77 * rgb[p]! + 150 * rgb[p + 1]! + 29 * rgb[p + 2]! + 128) >> 8;
  }
}

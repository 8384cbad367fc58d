import type { RgbImage, StillImage } from '../../../pipeline/index.ts';
import type { Orientation } from './exif-orientation.ts';
import { PictureError } from './picture-error.ts';

export type CompressedEncoding = 'jpeg' | 'png' | 'webp';

/** Contents of a picture's header. */
export interface PictureHeader {
  /** Size as stored, before rotation. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly orientation: Orientation;
}

/** Longest side of a picture that can be decoded, in px. */
export const MAX_SIDE_PX = 8192;

/**
 * Most pixels of a picture that can be decoded. A JPEG is decoded at a fraction of its size, so a phone's 12 megapixels
 * cost little. For the other encodings, memory holds every pixel; a screen of 3840 × 2160 is accepted.
 */
export const MAX_PIXELS: Readonly<Record<CompressedEncoding | 'rgb24', number>> = {
  jpeg: 16 * 1024 * 1024,
  png: 8 * 1024 * 1024,
  webp: 8 * 1024 * 1024,
  rgb24: 8 * 1024 * 1024,
};

/** @throws PictureError `unreadable` if a side is 0, `too-large`. */
export function assertSize(encoding: CompressedEncoding | 'rgb24', widthPx: number, heightPx: number): void {
  if (widthPx === 0 || heightPx === 0) throw PictureError.unreadable(encoding, 'it has no pixels');
  if (Math.max(widthPx, heightPx) > MAX_SIDE_PX) {
    throw PictureError.tooLarge(widthPx, heightPx, `${MAX_SIDE_PX} pixels a side`);
  }
  if (widthPx * heightPx > MAX_PIXELS[encoding]) {
    throw PictureError.tooLarge(widthPx, heightPx, `${MAX_PIXELS[encoding]} pixels`);
  }
}

/** @throws PictureError `unreadable` if a raw picture's size does not match its bytes; `too-large`. */
export function assertRaw(image: Extract<StillImage, { encoding: 'rgb24' }>): RgbImage {
  const { widthPx, heightPx, bytes } = image;
  const isSide = (px: number) => Number.isSafeInteger(px) && px > 0;
  if (!isSide(widthPx) || !isSide(heightPx))
    throw PictureError.unreadable('rgb24', 'its sides are no numbers of pixels');
  assertSize('rgb24', widthPx, heightPx);
  if (bytes.byteLength !== widthPx * heightPx * 3) throw PictureError.unreadable('rgb24', 'it has another size');
  return { widthPx, heightPx, bytes };
}

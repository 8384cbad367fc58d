import { inspectJpeg } from './inspect-jpeg.ts';
import { inspectPng } from './inspect-png.ts';
import { inspectWebp } from './inspect-webp.ts';
import { PictureError } from './picture-error.ts';
import type { CompressedEncoding, PictureHeader } from './picture-header.ts';

const INSPECT: Readonly<Record<CompressedEncoding, (bytes: Uint8Array) => PictureHeader>> = {
  jpeg: inspectJpeg,
  png: inspectPng,
  webp: inspectWebp,
};

/**
 * Reads a picture's header without decoding it. Takes microseconds.
 *
 * @throws PictureError `unreadable`, `too-large`, `unsupported`, `too-costly`.
 */
export function inspectPicture(encoding: CompressedEncoding, bytes: Uint8Array): PictureHeader {
  return INSPECT[encoding](bytes);
}

/** Why a picture is refused, judged by its header. Null if it is accepted. Called before a picture is kept. */
export function refusePicture(encoding: CompressedEncoding, bytes: Uint8Array): PictureError | null {
  try {
    inspectPicture(encoding, bytes);
    return null;
  } catch (error) {
    if (error instanceof PictureError) return error;
    throw error;
  }
}

import type { DecodeImage, RgbImage, StillImage } from '../../../pipeline/index.ts';
import { decodePng } from './decode-png.ts';
import { fittingSize, MAX_DECODED_SIDE_PX, scaleDown, turnUpright } from './fit-picture.ts';
import { inspectJpeg } from './inspect-jpeg.ts';
import { inspectPng } from './inspect-png.ts';
import { inspectWebp } from './inspect-webp.ts';
import { PictureError } from './picture-error.ts';
import { assertRaw, type PictureHeader } from './picture-header.ts';
import { WasmDecoder } from './wasm-decoder.ts';

let jpeg: WasmDecoder | null = null;
let webp: WasmDecoder | null = null;

/**
 * Decodes a picture in this thread. JPEG, PNG and WebP are first checked by their headers. They come out upright by
 * EXIF, with transparency over black, and with the longer side at most {@link MAX_DECODED_SIDE_PX}. Raw RGB is scaled
 * too. A raw picture that is small enough is returned without a copy.
 *
 * @throws PictureError `unreadable`, `too-large`, `unsupported`, `too-costly`.
 */
export function decodePicture(image: StillImage): RgbImage {
  switch (image.encoding) {
    case 'jpeg':
      return decodeJpeg(image.bytes);
    case 'png': {
      const header = inspectPng(image.bytes);
      return fitted(decodePng(header), header);
    }
    case 'webp':
      return decodeWebp(image.bytes);
    case 'rgb24':
      return fitted(assertRaw(image), { ...image, orientation: 1 });
    default:
      throw PictureError.unsupported('pictures of other encodings');
  }
}

/** {@link decodePicture} for the user's own recordings, where nobody else waits. */
export const decodeImage: DecodeImage = async (image) => decodePicture(image);

function fitted(image: RgbImage, { orientation }: Pick<PictureHeader, 'orientation'>): RgbImage {
  const { widthPx, heightPx } = fittingSize(image.widthPx, image.heightPx);
  return turnUpright(scaleDown(image, widthPx, heightPx), orientation);
}

function decodeJpeg(bytes: Uint8Array): RgbImage {
  const header = inspectJpeg(bytes);
  jpeg ??= new WasmDecoder('jpeg');
  // The decoder scales by eighths at little cost. Take the smallest size that is large enough; `scaleDown` does the
  // rest.
  const longer = Math.max(header.widthPx, header.heightPx);
  let eighths = 1;
  while (eighths < 8 && Math.ceil((longer * eighths) / 8) < Math.min(longer, MAX_DECODED_SIDE_PX)) eighths++;
  const scaled = (px: number) => Math.ceil((px * eighths) / 8);
  const [widthPx, heightPx] = [scaled(header.widthPx), scaled(header.heightPx)];
  const rgb = jpeg.run(({ put, reserve, decode, take }) => {
    const at = put(bytes);
    const to = reserve(widthPx * heightPx * 3);
    if (decode(at, bytes.length, eighths, to, widthPx, heightPx) !== 0) {
      throw PictureError.unreadable('jpeg', 'its size is not what its header says');
    }
    return take(to, widthPx * heightPx * 3);
  });
  const { widthPx: toWidthPx, heightPx: toHeightPx } = fittingSize(header.widthPx, header.heightPx);
  return turnUpright(scaleDown({ widthPx, heightPx, bytes: rgb }, toWidthPx, toHeightPx), header.orientation);
}

function decodeWebp(bytes: Uint8Array): RgbImage {
  const header = inspectWebp(bytes);
  webp ??= new WasmDecoder('webp');
  const { widthPx, heightPx } = fittingSize(header.widthPx, header.heightPx);
  const isScaled = widthPx !== header.widthPx || heightPx !== header.heightPx;
  const rgba = webp.run(({ put, reserve, decode, take }) => {
    const at = put(bytes);
    const to = reserve(widthPx * heightPx * 4);
    const status = decode(at, bytes.length, to, widthPx, heightPx, isScaled ? 1 : 0);
    if (status !== 0) throw PictureError.unreadable('webp', `it is damaged (${status})`);
    return take(to, widthPx * heightPx * 4);
  });
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgba[to] = rgba[from]!;
    rgba[to + 1] = rgba[from + 1]!;
    rgba[to + 2] = rgba[from + 2]!;
  }
  const rgb = rgba.slice(0, widthPx * heightPx * 3);
  return turnUpright({ widthPx, heightPx, bytes: rgb }, header.orientation);
}

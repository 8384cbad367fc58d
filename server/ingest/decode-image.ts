import sharp, { type Sharp } from 'sharp';
import type { DecodeImage, RgbImage, StillImage } from '../../pipeline/index.ts';

/** Largest picture that is decoded, width × height: 16 binary megapixels, as 4096 × 4096. */
export const MAX_IMAGE_PIXELS = 16 * 1024 * 1024;
/** Longer side of a decoded picture; a larger one is scaled down, keeping its proportions. */
export const MAX_DECODED_SIDE_PX = 640;

/** A picture that takes longer to decode is refused: small files can be made to keep a thread busy for minutes. */
const MAX_DECODE_SECONDS = 5;

export type ImageErrorCode = 'image-unreadable' | 'image-too-large';

/** A picture was refused. The message never says anything about what it shows. */
export class ImageError extends Error {
  override readonly name = 'ImageError';
  readonly code: ImageErrorCode;

  constructor(code: ImageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static unreadable(encoding: StillImage['encoding'], cause?: unknown): ImageError {
    return new ImageError('image-unreadable', `the bytes are not a readable ${encoding} picture`, { cause });
  }

  static tooLarge(widthPx: number, heightPx: number): ImageError {
    return new ImageError(
      'image-too-large',
      `a picture of ${widthPx} × ${heightPx} is over the limit of ${MAX_IMAGE_PIXELS} pixels`,
    );
  }
}

/**
 * Decodes on libuv's thread pool: JPEG, PNG and WebP (first frame, EXIF orientation applied, transparency over black)
 * or raw RGB. A raw picture within {@link MAX_DECODED_SIDE_PX} is returned as it is, without a copy.
 *
 * @throws ImageError (as a rejection) `image-unreadable` or `image-too-large`.
 */
export const decodeImage: DecodeImage = async (image) => {
  const source = image.encoding === 'rgb24' ? openRaw(image) : await openCompressed(image);
  if (source.kind === 'pixels') return source.image;
  try {
    const { data, info } = await source.picture
      .timeout({ seconds: MAX_DECODE_SECONDS })
      .resize({ width: MAX_DECODED_SIDE_PX, height: MAX_DECODED_SIDE_PX, fit: 'inside', withoutEnlargement: true })
      .flatten()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { widthPx: info.width, heightPx: info.height, bytes: data };
  } catch (cause) {
    throw ImageError.unreadable(image.encoding, cause);
  }
};

type Source =
  | { readonly kind: 'pixels'; readonly image: RgbImage }
  | { readonly kind: 'picture'; readonly picture: Sharp };

function openRaw(image: Extract<StillImage, { encoding: 'rgb24' }>): Source {
  const { widthPx, heightPx, bytes } = image;
  if (!isSide(widthPx) || !isSide(heightPx)) throw ImageError.unreadable('rgb24');
  if (widthPx * heightPx > MAX_IMAGE_PIXELS) throw ImageError.tooLarge(widthPx, heightPx);
  if (bytes.byteLength !== widthPx * heightPx * 3) throw ImageError.unreadable('rgb24');
  if (Math.max(widthPx, heightPx) <= MAX_DECODED_SIDE_PX) {
    return { kind: 'pixels', image: { widthPx, heightPx, bytes } };
  }
  return { kind: 'picture', picture: sharp(bytes, { raw: { width: widthPx, height: heightPx, channels: 3 } }) };
}

async function openCompressed(image: Exclude<StillImage, { encoding: 'rgb24' }>): Promise<Source> {
  // Other formats that libvips knows (SVG, TIFF, …) never reach its parsers.
  if (!startsAs(image.encoding, image.bytes)) throw ImageError.unreadable(image.encoding);
  const picture = sharp(image.bytes, { failOn: 'error', limitInputPixels: false, autoOrient: true });
  const { width, height } = await picture.metadata().catch((cause: unknown) => {
    throw ImageError.unreadable(image.encoding, cause);
  });
  if (width * height > MAX_IMAGE_PIXELS) throw ImageError.tooLarge(width, height);
  return { kind: 'picture', picture };
}

function isSide(px: number): boolean {
  return Number.isSafeInteger(px) && px > 0;
}

function startsAs(encoding: 'jpeg' | 'png' | 'webp', bytes: Uint8Array): boolean {
  switch (encoding) {
    case 'jpeg':
      return hasBytes(bytes, 0, [0xff, 0xd8, 0xff]);
    case 'png':
      return hasBytes(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    case 'webp':
      return hasBytes(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && hasBytes(bytes, 8, [0x57, 0x45, 0x42, 0x50]);
  }
}

function hasBytes(bytes: Uint8Array, offset: number, expected: readonly number[]): boolean {
  return bytes.byteLength >= offset + expected.length && expected.every((value, i) => bytes[offset + i] === value);
}

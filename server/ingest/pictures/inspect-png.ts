import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderReader } from './header-reader.ts';
import { PictureError } from './picture-error.ts';
import { assertSize, type PictureHeader } from './picture-header.ts';

/** Colour types of PNG: gray, RGB, palette, gray with opacity, RGB with opacity. */
export type PngColourType = 0 | 2 | 3 | 4 | 6;

export interface PngHeader extends PictureHeader {
  /** Bits per sample. */
  readonly bitDepth: number;
  readonly colourType: PngColourType;
  /** `PLTE`: R, G, B per entry. Null if missing. */
  readonly palette: Uint8Array | null;
  /** `tRNS`: opacity of the palette's entries, or the transparent colour. Null if missing. */
  readonly transparency: Uint8Array | null;
  /** The parts of the compressed pixels, in order. */
  readonly data: readonly Uint8Array[];
}

/** Chunks per picture. Encoders write about 8 KiB of pixels per chunk. */
const MAX_CHUNKS = 16_384;

const SIGNATURE = '\x89PNG\r\n\x1a\n';
const DEPTHS: Readonly<Record<PngColourType, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
/** An upper-case first letter means that a decoder must know the chunk. */
const isCritical = (firstLetter: number) => (firstLetter & 0x20) === 0;

/**
 * Reads a PNG's chunks without inflating anything. Skips optional chunks: colour profiles and texts may be small and
 * inflate to gigabytes.
 *
 * @throws PictureError `unreadable`, `too-large`, `unsupported`, `too-costly`.
 */
export function inspectPng(bytes: Uint8Array): PngHeader {
  const reader = new HeaderReader(bytes, () => PictureError.unreadable('png', 'it is cut short'));
  if (!reader.has(0, SIGNATURE)) throw PictureError.unreadable('png', 'it does not begin as one');
  const size = readSize(reader);
  let orientation: Orientation = 1;
  let palette: Uint8Array | null = null;
  let transparency: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  let end = 33;
  for (let chunks = 0; !reader.has(end + 4, 'IEND'); chunks++) {
    const at = end;
    if (chunks >= MAX_CHUNKS) throw PictureError.tooCostly(`more than ${MAX_CHUNKS} chunks`);
    const length = reader.u32(at);
    reader.need(at, 12 + length);
    const content = bytes.subarray(at + 8, at + 8 + length);
    if (reader.has(at + 4, 'IDAT')) data.push(content);
    else if (reader.has(at + 4, 'PLTE')) palette = content;
    else if (reader.has(at + 4, 'tRNS')) transparency = content;
    else if (reader.has(at + 4, 'eXIf')) orientation = exifOrientation(reader, at + 8, at + 8 + length);
    else if (reader.has(at + 4, 'acTL')) throw PictureError.unsupported('animated pictures');
    else if (isCritical(reader.u8(at + 4))) throw PictureError.unreadable('png', 'it has a chunk that nobody knows');
    end += 12 + length;
  }
  reader.need(end, 12);
  if (data.length === 0) throw PictureError.unreadable('png', 'it has no picture');
  if (size.colourType === 3 && (palette === null || palette.length % 3 !== 0 || palette.length > 768)) {
    throw PictureError.unreadable('png', 'it has no palette');
  }
  return { ...size, orientation, palette, transparency, data };
}

function readSize(reader: HeaderReader): Pick<PngHeader, 'widthPx' | 'heightPx' | 'bitDepth' | 'colourType'> {
  if (reader.u32(8) !== 13 || !reader.has(12, 'IHDR')) throw PictureError.unreadable('png', 'it has no header');
  const [widthPx, heightPx, bitDepth, colourType] = [reader.u32(16), reader.u32(20), reader.u8(24), reader.u8(25)];
  if (DEPTHS[colourType as PngColourType]?.includes(bitDepth) !== true) {
    throw PictureError.unreadable('png', 'its colours are of no known kind');
  }
  if (reader.u8(26) !== 0 || reader.u8(27) !== 0) throw PictureError.unreadable('png', 'its coding is not known');
  if (reader.u8(28) !== 0) throw PictureError.unsupported('interlaced PNGs');
  assertSize('png', widthPx, heightPx);
  return { widthPx, heightPx, bitDepth, colourType: colourType as PngColourType };
}

import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderReader } from './header-reader.ts';
import { PictureError } from './picture-error.ts';
import { assertSize, type PictureHeader } from './picture-header.ts';

/** Chunks per picture: at most one frame, its opacity, and three metadata chunks. */
const MAX_CHUNKS = 32;
const ANIMATION_FLAG = 0x02;

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * Reads a WebP's chunks without decoding it. Accepts one complete still picture.
 *
 * @throws PictureError `unreadable`, `too-large`, `unsupported`, `too-costly`.
 */
export function inspectWebp(bytes: Uint8Array): PictureHeader {
  const reader = new HeaderReader(bytes, () => PictureError.unreadable('webp', 'it is cut short'));
  if (!reader.has(0, 'RIFF') || !reader.has(8, 'WEBP'))
    throw PictureError.unreadable('webp', 'it does not begin as one');
  const end = 8 + reader.u32(4, true);
  reader.need(0, end);
  let canvas: Size | null = null;
  let frame: Size | null = null;
  let orientation: Orientation = 1;
  for (let at = 12, chunks = 0; at + 8 <= end; chunks++) {
    if (chunks >= MAX_CHUNKS) throw PictureError.tooCostly(`more than ${MAX_CHUNKS} chunks`);
    const length = reader.u32(at + 4, true);
    const from = at + 8;
    if (from + length > end) throw PictureError.unreadable('webp', 'a chunk is longer than the file');
    if (reader.has(at, 'VP8X')) {
      if ((reader.u8(from) & ANIMATION_FLAG) !== 0) throw PictureError.unsupported('animated pictures');
      canvas = { widthPx: 1 + reader.u24le(from + 4), heightPx: 1 + reader.u24le(from + 7) };
      assertSize('webp', canvas.widthPx, canvas.heightPx);
    } else if (reader.has(at, 'ANIM') || reader.has(at, 'ANMF')) {
      throw PictureError.unsupported('animated pictures');
    } else if (reader.has(at, 'VP8 ') || reader.has(at, 'VP8L')) {
      if (frame !== null) throw PictureError.unreadable('webp', 'it has two frames');
      frame = reader.has(at, 'VP8 ') ? lossySize(reader, from) : losslessSize(reader, from);
      assertSize('webp', frame.widthPx, frame.heightPx);
    } else if (reader.has(at, 'EXIF')) {
      const skipped = reader.has(from, 'Exif\0\0') ? 6 : 0;
      orientation = exifOrientation(reader, from + skipped, from + length);
    }
    at = from + length + (length & 1);
  }
  if (frame === null) throw PictureError.unreadable('webp', 'it has no picture');
  if (canvas !== null && (canvas.widthPx !== frame.widthPx || canvas.heightPx !== frame.heightPx)) {
    throw PictureError.unreadable('webp', 'its canvas has another size than its picture');
  }
  return { ...frame, orientation };
}

function lossySize(reader: HeaderReader, at: number): Size {
  const isKeyFrame = (reader.u8(at) & 1) === 0;
  if (!isKeyFrame || !reader.has(at + 3, '\x9d\x01\x2a')) throw PictureError.unreadable('webp', 'its frame is damaged');
  return { widthPx: reader.u16(at + 6, true) & 0x3fff, heightPx: reader.u16(at + 8, true) & 0x3fff };
}

function losslessSize(reader: HeaderReader, at: number): Size {
  if (reader.u8(at) !== 0x2f) throw PictureError.unreadable('webp', 'its frame is damaged');
  const bits = reader.u32(at + 1, true);
  if (bits >>> 29 !== 0) throw PictureError.unreadable('webp', 'its frame is of an unknown version');
  return { widthPx: 1 + (bits & 0x3fff), heightPx: 1 + ((bits >>> 14) & 0x3fff) };
}

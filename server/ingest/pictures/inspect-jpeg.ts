import { exifOrientation, type Orientation } from './exif-orientation.ts';
import { HeaderReader } from './header-reader.ts';
import { PictureError } from './picture-error.ts';
import { assertSize, MAX_PIXELS, type PictureHeader } from './picture-header.ts';

/** Scans per picture. libjpeg's progressive pictures have 10. */
export const MAX_JPEG_SCANS = 32;
/** Limit for pixels times scans: 10 scans of the largest picture. */
const MAX_SCANNED_PIXELS = 10 * MAX_PIXELS.jpeg;
/** Segments besides the scans, such as tables, comments and a colour profile in up to 255 parts. */
const MAX_SEGMENTS = 1024;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;
/** Supported frames: baseline, extended with Huffman codes, progressive. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);
const PROGRESSIVE = 0xc2;
/** Markers in the same range that start no frame. */
const NO_FRAMES = new Set([0xc4, 0xc8, 0xcc]);

interface Frame {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly componentCount: number;
  readonly isProgressive: boolean;
}

/**
 * Reads a JPEG's markers without decoding it.
 *
 * @throws PictureError `unreadable`, `too-large`, `unsupported`, `too-costly`.
 */
export function inspectJpeg(bytes: Uint8Array): PictureHeader {
  const cutShort = () => PictureError.unreadable('jpeg', 'it is cut short');
  const reader = new HeaderReader(bytes, cutShort);
  if (bytes.length < 3 || bytes[0] !== 0xff || bytes[1] !== SOI || bytes[2] !== 0xff) {
    throw PictureError.unreadable('jpeg', 'it does not begin as one');
  }
  let at = 2;
  let segments = 0;
  let scans = 0;
  let frame: Frame | null = null;
  let orientation: Orientation = 1;
  for (;;) {
    if (reader.u8(at) !== 0xff) throw PictureError.unreadable('jpeg', 'a marker is missing');
    // Any number of 0xff fill bytes may precede a marker.
    while (reader.u8(at + 1) === 0xff) at++;
    const marker = reader.u8(at + 1);
    at += 2;
    if (marker === EOI) break;
    if (marker < 0xc0 || (marker >= 0xd0 && marker <= SOI)) {
      throw PictureError.unreadable('jpeg', 'a marker is out of place');
    }
    const length = reader.u16(at);
    const end = at + length;
    if (length < 2) throw PictureError.unreadable('jpeg', 'a segment has no length');
    reader.need(at, length);
    segments++;
    if (segments > MAX_SEGMENTS + MAX_JPEG_SCANS) throw PictureError.tooCostly(`more than ${MAX_SEGMENTS} segments`);
    if (marker === SOS) {
      if (frame === null) throw PictureError.unreadable('jpeg', 'a scan comes before its frame');
      scans++;
      if (scans > MAX_JPEG_SCANS || scans * frame.widthPx * frame.heightPx > MAX_SCANNED_PIXELS) {
        throw PictureError.tooCostly(`more scans than its size allows, at most ${MAX_JPEG_SCANS}`);
      }
      const inScan = reader.u8(at + 2);
      // An ordinary picture has one scan, and the decoder reads no further.
      if (scans === 1 && !frame.isProgressive && inScan === frame.componentCount) {
        if (lastEnd(bytes) < end) throw cutShort();
        break;
      }
      at = endOfScan(bytes, end);
      continue;
    }
    if (marker === APP1 && orientation === 1 && reader.has(at + 2, 'Exif\0\0')) {
      orientation = exifOrientation(reader, at + 8, end);
    } else if (marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.has(marker)) {
      if (frame !== null) throw PictureError.unreadable('jpeg', 'it has two frames');
      frame = readFrame(reader, at, marker);
    }
    at = end;
  }
  if (frame === null || scans === 0) throw PictureError.unreadable('jpeg', 'it has no picture');
  return { widthPx: frame.widthPx, heightPx: frame.heightPx, orientation };
}

function readFrame(reader: HeaderReader, at: number, marker: number): Frame {
  if (!FRAMES.has(marker)) throw PictureError.unsupported('lossless, hierarchical and arithmetic-coded JPEGs');
  const precision = reader.u8(at + 2);
  const heightPx = reader.u16(at + 3);
  const widthPx = reader.u16(at + 5);
  const componentCount = reader.u8(at + 7);
  if (precision !== 8) throw PictureError.unsupported('JPEGs of other than 8 bits');
  if (componentCount !== 1 && componentCount !== 3)
    throw PictureError.unsupported('JPEGs neither gray nor of 3 colours');
  assertSize('jpeg', widthPx, heightPx);
  for (let i = 0; i < componentCount; i++) {
    const sampling = reader.u8(at + 9 + 3 * i);
    if (!isFactor(sampling >> 4) || !isFactor(sampling & 15)) {
      throw PictureError.unsupported('JPEGs with such colour sampling');
    }
  }
  return { widthPx, heightPx, componentCount, isProgressive: marker === PROGRESSIVE };
}

function isFactor(factor: number): boolean {
  return factor === 1 || factor === 2 || factor === 4;
}

/** Position of the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  const last = bytes.length - 1;
  for (let at = from; at < last; at++) {
    if (bytes[at] !== 0xff) continue;
    const next = bytes[at + 1]!;
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  return bytes.length;
}

/** Position of the last end-of-image marker. −1 if there is none. */
function lastEnd(bytes: Uint8Array): number {
  for (let at = bytes.length - 2; at >= 0; at--) if (bytes[at] === 0xff && bytes[at + 1] === EOI) return at;
  return -1;
}

import { inflateSync } from 'node:zlib';
import type { RgbImage } from '../../../pipeline/index.ts';
import type { PngColourType, PngHeader } from './inspect-png.ts';
import { PictureError } from './picture-error.ts';

const SAMPLES_PER_PIXEL: Readonly<Record<PngColourType, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Decodes a PNG of any colour type, over black. Keeps the upper 8 of 16 bits.
 *
 * @throws PictureError `unreadable`.
 */
export function decodePng(header: PngHeader): RgbImage {
  const { widthPx, heightPx, bitDepth, colourType } = header;
  const bitsPerPixel = SAMPLES_PER_PIXEL[colourType] * bitDepth;
  const rowBytes = Math.ceil((widthPx * bitsPerPixel) / 8);
  const rows = inflate(header, (rowBytes + 1) * heightPx);
  const pixelBytes = Math.max(1, bitsPerPixel >> 3);
  const toRgb = colouring(header);
  const bytes = new Uint8Array(widthPx * heightPx * 3);
  let above = new Uint8Array(rowBytes);
  for (let y = 0; y < heightPx; y++) {
    const at = y * (rowBytes + 1);
    const row = rows.subarray(at + 1, at + 1 + rowBytes);
    unfilter(rows[at]!, row, above, pixelBytes);
    toRgb(row, bytes, y * widthPx * 3);
    above = row;
  }
  return { widthPx, heightPx, bytes };
}

/** Inflates exactly the bytes that the picture needs. Stops if the data inflates to more. */
function inflate({ data }: PngHeader, expected: number): Uint8Array<ArrayBuffer> {
  try {
    const rows = inflateSync(data.length === 1 ? data[0]! : Buffer.concat(data), { maxOutputLength: expected });
    if (rows.byteLength === expected) return new Uint8Array(rows.buffer as ArrayBuffer, rows.byteOffset, expected);
  } catch (cause) {
    throw PictureError.unreadable('png', 'its pixels are damaged', cause);
  }
  throw PictureError.unreadable('png', 'pixels are missing');
}

/** Undoes a row's filter in place. */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, pixelBytes: number): void {
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = pixelBytes; i < row.length; i++) row[i]! += row[i - pixelBytes]!;
      return;
    case 2:
      for (let i = 0; i < row.length; i++) row[i]! += above[i]!;
      return;
    case 3:
      for (let i = 0; i < row.length; i++) {
        row[i]! += ((i < pixelBytes ? 0 : row[i - pixelBytes]!) + above[i]!) >> 1;
      }
      return;
    case 4:
      for (let i = 0; i < pixelBytes && i < row.length; i++) row[i]! += above[i]!;
      for (let i = pixelBytes; i < row.length; i++) {
        row[i]! += paeth(row[i - pixelBytes]!, above[i]!, above[i - pixelBytes]!);
      }
      return;
    default:
      throw PictureError.unreadable('png', 'a row has an unknown filter');
  }
}

function paeth(left: number, up: number, upLeft: number): number {
  const fromLeft = Math.abs(up - upLeft);
  const fromUp = Math.abs(left - upLeft);
  const fromBoth = Math.abs(left + up - 2 * upLeft);
  if (fromLeft <= fromUp && fromLeft <= fromBoth) return left;
  return fromUp <= fromBoth ? up : upLeft;
}

type WriteRow = (row: Uint8Array, to: Uint8Array, at: number) => void;

function colouring({ widthPx, bitDepth, colourType, palette, transparency }: PngHeader): WriteRow {
  if (colourType === 3 || bitDepth < 8) return byTable(widthPx, bitDepth, tableOf(bitDepth, palette, transparency));
  const step = bitDepth >> 3;
  const colours = colourType === 0 || colourType === 4 ? 1 : 3;
  const hasOpacity = colourType >= 4;
  const pixelBytes = (colours + (hasOpacity ? 1 : 0)) * step;
  const secondColour = colours === 3 ? step : 0;
  const clear = hasOpacity ? null : clearSamples(transparency, colours);
  if (colourType === 2 && step === 1 && clear === null) return (row, to, at) => to.set(row, at);
  return (row, to, at) => {
    for (let from = 0; from < widthPx * pixelBytes; from += pixelBytes, at += 3) {
      const opacity = hasOpacity ? row[from + colours * step]! : 255;
      if (opacity === 0 || (clear !== null && isClear(row, from, clear, step))) continue;
      to[at] = over(row[from]!, opacity);
      to[at + 1] = over(row[from + secondColour]!, opacity);
      to[at + 2] = over(row[from + 2 * secondColour]!, opacity);
    }
  };
}

/** A colour blended over black. */
function over(value: number, opacity: number): number {
  return opacity === 255 ? value : Math.round((value * opacity) / 255);
}

/** The 16-bit samples that mark a transparent pixel. */
function clearSamples(transparency: Uint8Array | null, colours: number): readonly number[] | null {
  if (transparency === null || transparency.length < 2 * colours) return null;
  return Array.from({ length: colours }, (_, c) => (transparency[2 * c]! << 8) | transparency[2 * c + 1]!);
}

function isClear(row: Uint8Array, at: number, clear: readonly number[], step: number): boolean {
  return clear.every((sample, c) => {
    const from = at + c * step;
    return sample === (step === 2 ? (row[from]! << 8) | row[from + 1]! : row[from]!);
  });
}

/** R, G, B per value that a sample can have. Values beyond the palette are black. */
function tableOf(bitDepth: number, palette: Uint8Array | null, transparency: Uint8Array | null): Uint8Array {
  const table = new Uint8Array(3 << bitDepth);
  const count = 1 << bitDepth;
  const clearGray = palette === null ? clearSamples(transparency, 1)?.[0] : undefined;
  for (let value = 0; value < count; value++) {
    const opacity = palette === null ? (value === clearGray ? 0 : 255) : (transparency?.[value] ?? 255);
    for (let c = 0; c < 3; c++) {
      const colour = palette === null ? (value * 255) / (count - 1) : (palette[value * 3 + c] ?? 0);
      table[value * 3 + c] = over(colour, opacity);
    }
  }
  return table;
}

function byTable(widthPx: number, bitDepth: number, table: Uint8Array): WriteRow {
  const perByte = 8 / bitDepth;
  const mask = (1 << bitDepth) - 1;
  return (row, to, at) => {
    for (let x = 0; x < widthPx; x++, at += 3) {
      const shift = 8 - bitDepth * (1 + (x % perByte));
      const entry = 3 * ((row[Math.floor(x / perByte)]! >> shift) & mask);
      to[at] = table[entry]!;
      to[at + 1] = table[entry + 1]!;
      to[at + 2] = table[entry + 2]!;
    }
  };
}

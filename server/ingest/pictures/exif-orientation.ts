import type { HeaderReader } from './header-reader.ts';

/** Orientation of a picture, as EXIF numbers it: 1 is upright, 2…8 are mirrored or rotated. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;
/** Directory entries that are searched. Cameras write about twenty. */
const MAX_ENTRIES = 256;

/** The orientation in an EXIF TIFF block, in the bytes from `at` to `end`. 1 if there is none that can be read. */
export function exifOrientation(reader: HeaderReader, at: number, end: number): Orientation {
  const little = reader.has(at, 'II');
  if (end - at < 8 || !(little || reader.has(at, 'MM'))) return 1;
  const directory = at + reader.u32(at + 4, little);
  if (directory + 2 > end) return 1;
  const entries = Math.min(MAX_ENTRIES, reader.u16(directory, little));
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > end) return 1;
    if (reader.u16(entry, little) !== ORIENTATION_TAG) continue;
    const value = reader.u16(entry + 2, little) === SHORT ? reader.u16(entry + 8, little) : 1;
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

import { crc32, deflateRawSync } from 'node:zlib';

/** An array of a NumPy file, in row-major order. */
export type NpyArray =
  | { readonly dtype: '<f4' | '<i4' | '|u1'; readonly shape: readonly number[]; readonly data: NpyData }
  | { readonly dtype: 'str'; readonly data: readonly string[] };

type NpyData = Float32Array | Int32Array | Uint8Array;

/**
 * The part before the data (magic, version, header length, header) has a multiple of this size, so that the data can be
 * mapped into memory.
 */
const ALIGNMENT_BYTES = 64;
const PREAMBLE_BYTES = 10;

/** A NumPy `.npy` file, format 1.0. Strings become a `<U` array that is as wide as the longest string. */
export function encodeNpy(array: NpyArray): Uint8Array {
  if (array.dtype === 'str') return encodeStrings(array.data);
  const { dtype, shape, data } = array;
  const size = shape.reduce((product, side) => product * side, 1);
  if (size !== data.length) throw new RangeError(`${data.length} values do not fill the shape [${shape}]`);
  return withHeader(dtype, shape, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

function encodeStrings(strings: readonly string[]): Uint8Array {
  const points = strings.map((text) => Array.from(text, (letter) => letter.codePointAt(0)!));
  const width = Math.max(1, ...points.map(({ length }) => length));
  const units = new Uint32Array(strings.length * width);
  for (const [row, letters] of points.entries()) units.set(letters, row * width);
  return withHeader(`<U${width}`, [strings.length], new Uint8Array(units.buffer));
}

function withHeader(dtype: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const header = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const length = Math.ceil((PREAMBLE_BYTES + header.length + 1) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = Buffer.alloc(length + data.length, ' ', 'latin1');
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  file.writeUInt16LE(length - PREAMBLE_BYTES, 8);
  file.write(header, PREAMBLE_BYTES, 'latin1');
  file[length - 1] = 0x0a;
  file.set(data, length);
  return file;
}

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_ENTRY = 0x02014b50;
const END_OF_DIRECTORY = 0x06054b50;
const ZIP_VERSION = 20;
const DEFLATED = 8;
/** Always 1980-01-01, so that the same arrays give the same bytes. */
const NO_DATE = 0x0021;

/** A NumPy `.npz` file: a ZIP archive with one deflated `.npy` file per array. Below 4 GiB. */
export function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, array] of Object.entries(arrays)) {
    const content = encodeNpy(array);
    const packed = deflateRawSync(content, { level: 1 });
    const file = Buffer.from(`${name}.npy`, 'utf8');
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(ZIP_VERSION, 0);
    shared.writeUInt16LE(DEFLATED, 4);
    shared.writeUInt16LE(NO_DATE, 8);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(file.length, 22);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(ZIP_VERSION);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    parts.push(u32(LOCAL_HEADER), shared, file, packed);
    directory.push(u32(DIRECTORY_ENTRY), made, shared, place, file);
    offset += 4 + shared.length + file.length + packed.length;
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(arrays).length, 4);
  end.writeUInt16LE(Object.keys(arrays).length, 6);
  end.writeUInt32LE(directoryBytes, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, ...directory, u32(END_OF_DIRECTORY), end]);
}

function u32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

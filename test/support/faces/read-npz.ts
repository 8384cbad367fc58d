import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const DEFLATED = 8;

/** A row-major array of a NumPy file. `dtype` is spelt as in NumPy. */
export interface NpzArray {
  readonly dtype: string;
  readonly shape: number[];
  /** The data in its own buffer. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Reads a uint8 array from a NumPy `.npz` file. */
export function readNpzBytes(file: string | URL, name: string): NpzArray {
  const array = readNpz(file, name);
  if (array.dtype !== '|u1') throw new RangeError(`the array is ${array.dtype}, not uint8`);
  return array;
}

/** Reads a float32 array from a NumPy `.npz` file. */
export function readNpzFloats(file: string | URL, name: string): Float32Array {
  const { dtype, data } = readNpz(file, name);
  if (dtype !== '<f4') throw new RangeError(`the array is ${dtype}, not float32`);
  return new Float32Array(data.buffer);
}

/** Reads an array of strings from a NumPy `.npz` file. */
export function readNpzStrings(file: string | URL, name: string): string[] {
  const { dtype, shape, data } = readNpz(file, name);
  const width = Number(/^<U(\d+)$/.exec(dtype)?.[1]);
  const points = new Uint32Array(data.buffer);
  return Array.from({ length: shape[0]! }, (_, row) =>
    String.fromCodePoint(...points.subarray(row * width, (row + 1) * width)).replace(/\0+$/, ''),
  );
}

/** Reads an array from a NumPy `.npz` file. */
export function readNpz(file: string | URL, name: string): NpzArray {
  const zip = readFileSync(file);
  let end = zip.length - 22;
  while (zip.readUInt32LE(end) !== END_OF_DIRECTORY) end--;
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const nameBytes = zip.readUInt16LE(entry + 28);
    const nameAt = entry + DIRECTORY_ENTRY_BYTES;
    if (zip.toString('utf8', nameAt, nameAt + nameBytes) === `${name}.npy`) {
      const header = zip.readUInt32LE(entry + 42);
      const at = header + LOCAL_HEADER_BYTES + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
      const bytes = zip.subarray(at, at + zip.readUInt32LE(entry + 20));
      return parseNpy(zip.readUInt16LE(entry + 10) === DEFLATED ? inflateRawSync(bytes) : bytes);
    }
    entry = nameAt + nameBytes + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  throw new RangeError(`the file has no array "${name}"`);
}

function parseNpy(npy: Buffer): NpzArray {
  const dataAt = 10 + npy.readUInt16LE(8);
  const header = npy.toString('latin1', 10, dataAt);
  if (!header.includes("'fortran_order': False")) throw new RangeError('the array is not row-major');
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '');
  return {
    dtype: /'descr': '([^']+)'/.exec(header)![1]!,
    shape: shape.map(Number),
    data: new Uint8Array(npy.subarray(dataAt)),
  };
}

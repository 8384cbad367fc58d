import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY_BYTES = 46;
const LOCAL_HEADER_BYTES = 30;
const DEFLATED = 8;

/** One uint8 array of a NumPy `.npz` file, row-major. */
export function readNpzBytes(file: string | URL, name: string): { shape: number[]; data: Uint8Array } {
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

function parseNpy(npy: Buffer): { shape: number[]; data: Uint8Array } {
  const dataAt = 10 + npy.readUInt16LE(8);
  const header = npy.toString('latin1', 10, dataAt);
  if (!header.includes("'|u1'") || !header.includes("'fortran_order': False")) {
    throw new RangeError('the array is not row-major uint8');
  }
  const shape = /'shape': \(([^)]*)\)/
    .exec(header)![1]!
    .split(',')
    .filter((part) => part.trim() !== '');
  return { shape: shape.map(Number), data: npy.subarray(dataAt) };
}

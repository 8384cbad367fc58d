import { crc32, deflateSync } from 'node:zlib';

/**
 * A gray progressive JPEG with many scans. Each scan takes about 40 bytes and makes a decoder go through all blocks, so
 * a megabyte of them keeps libjpeg busy for minutes.
 */
export function jpegOfManyScans(widthPx: number, heightPx: number, scans: number): Uint8Array<ArrayBuffer> {
  const blocks = Math.ceil(widthPx / 8) * Math.ceil(heightPx / 8);
  const u16 = (value: number) => [value >> 8, value & 255];
  const segment = (marker: number, content: readonly number[]) => [
    0xff,
    marker,
    ...u16(content.length + 2),
    ...content,
  ];
  // One code of one bit per table. DC: no change. AC: a run of at least 16,384 empty blocks, whose exact length is in
  // 14 further bits.
  const table = (kind: number, symbol: number) => [kind, 1, ...new Array(15).fill(0), symbol];
  const head = [
    0xff,
    0xd8,
    ...segment(0xdb, [0, ...new Array(64).fill(1)]),
    ...segment(0xc2, [8, ...u16(heightPx), ...u16(widthPx), 1, 1, 0x11, 0]),
    ...segment(0xc4, table(0x00, 0)),
    ...segment(0xc4, table(0x10, 0xe0)),
    ...segment(0xda, [1, 1, 0, 0, 0, 0]),
    ...new Array(Math.ceil(blocks / 8)).fill(0),
  ];
  const scan = [
    ...segment(0xda, [1, 1, 0, 1, 63, 0]),
    ...new Array(Math.ceil((Math.ceil(blocks / 16_384) * 15) / 8)).fill(0),
  ];
  const bytes = new Uint8Array(head.length + scans * scan.length + 2);
  bytes.set(head);
  for (let i = 0; i < scans; i++) bytes.set(scan, head.length + i * scan.length);
  bytes.set([0xff, 0xd9], bytes.length - 2);
  return bytes;
}

export interface PngParts {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Default 8. */
  readonly bitDepth?: number;
  /** Default 0, gray. */
  readonly colourType?: number;
  /** Default 0. */
  readonly interlace?: number;
  /** Inflated pixels with their filter bytes. Default: the right number of zeros. */
  readonly pixels?: Uint8Array;
  /** Chunks before the pixels. */
  readonly chunks?: readonly (readonly [name: string, content: Uint8Array])[];
}

const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** A PNG with any header, even one that makes no sense. */
export function pngOf(parts: PngParts): Uint8Array<ArrayBuffer> {
  const { widthPx, heightPx, bitDepth = 8, colourType = 0, interlace = 0, chunks = [] } = parts;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(widthPx, 0);
  header.writeUInt32BE(heightPx, 4);
  header.set([bitDepth, colourType, 0, 0, interlace], 8);
  const rowBytes = Math.ceil((widthPx * bitDepth * (SAMPLES[colourType] ?? 1)) / 8);
  const pixels = parts.pixels ?? new Uint8Array((rowBytes + 1) * heightPx);
  const all = [
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...chunks.map(([name, content]) => chunk(name, content)),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', new Uint8Array(0)),
  ];
  return new Uint8Array(Buffer.concat(all));
}

function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A file of RIFF chunks, such as a WebP with false statements. */
export function webpOf(chunks: readonly (readonly [name: string, content: Uint8Array])[]): Uint8Array<ArrayBuffer> {
  const parts = chunks.map(([name, content]) => {
    const head = Buffer.alloc(8);
    head.write(name, 'latin1');
    head.writeUInt32LE(content.length, 4);
    return Buffer.concat([head, content, new Uint8Array(content.length & 1)]);
  });
  const body = Buffer.concat([Buffer.from('WEBP'), ...parts]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return new Uint8Array(Buffer.concat([Buffer.from('RIFF'), length, body]));
}

/** Content of a `VP8X` chunk. */
export function webpCanvas(widthPx: number, heightPx: number, flags = 0): Uint8Array {
  const content = Buffer.alloc(10);
  content[0] = flags;
  content.writeUIntLE(widthPx - 1, 4, 3);
  content.writeUIntLE(heightPx - 1, 7, 3);
  return content;
}

/** The chunks of a WebP with their names, in order. */
export function webpChunks(bytes: Uint8Array): (readonly [name: string, content: Uint8Array])[] {
  const chunks: (readonly [string, Uint8Array])[] = [];
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= view.length; ) {
    const length = view.readUInt32LE(at + 4);
    chunks.push([view.toString('latin1', at, at + 4), bytes.slice(at + 8, at + 8 + length)]);
    at += 8 + length + (length & 1);
  }
  return chunks;
}

/** A picture with a few bytes changed, removed or repeated, or cut off. A decoder must survive it. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const below = (limit: number) => Math.floor(random() * limit);
  const changed = bytes.slice();
  for (let i = 1 + below(8); i > 0; i--) {
    // The most important bytes of a header are at the start.
    const at = random() < 0.5 ? below(Math.min(changed.length, 256)) : below(changed.length);
    changed[at] = random() < 0.3 ? [0, 0xff, 0x7f, 0x80][below(4)]! : below(256);
  }
  const kind = below(10);
  if (kind === 0) return changed.slice(0, below(changed.length));
  if (kind > 2) return changed;
  const from = below(changed.length);
  const length = below(Math.min(512, changed.length - from));
  const tail = kind === 1 ? changed.subarray(from + length) : changed.subarray(from);
  return new Uint8Array(Buffer.concat([changed.subarray(0, from + (kind === 1 ? 0 : length)), tail]));
}

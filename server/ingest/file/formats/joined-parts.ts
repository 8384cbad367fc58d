import { type FileHandle, open } from 'node:fs/promises';
import type { ContainerPart } from './foreign-messages.ts';

const BLOCK_BYTES = 1024 * 1024;
/** A header may lie across two blocks: so much of one is looked at again with the next. */
const HEADER_BYTES = 64;
/** A file of more parts than this is read as far as the last one. */
const MAX_PARTS = 1000;
const OGG = Buffer.from('OggS');
const EBML = Buffer.from([0x1a, 0x45, 0xdf, 0xa3]);
/** Of an Ogg page's flags: it is the first of its stream. */
const FIRST_PAGE = 2;

/**
 * Where the containers in a file begin. Ogg may be chained, and people join WebM files by writing one behind the other.
 * Any other file is one part. Ogg and WebM are read through, without being decoded.
 *
 * @throws the file system's error.
 */
export async function findParts(path: string): Promise<ContainerPart[]> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const starts = [0];
    const magic = await bytesAt(file, 0, 4);
    const isStart = magic.equals(OGG) ? oggStart() : magic.equals(EBML) ? isWebmStart : null;
    if (isStart !== null) {
      for await (const at of occurrences(file, size, magic)) {
        if (isStart(at.header) && at.offsetBytes > 0 && starts.length < MAX_PARTS) starts.push(at.offsetBytes);
      }
    }
    return starts.map((offsetBytes, index) => ({ offsetBytes, sizeBytes: (starts[index + 1] ?? size) - offsetBytes }));
  } finally {
    await file.close();
  }
}

/** A link of a chain begins with the first pages of its streams, behind a page that is none. */
function oggStart(): (header: Buffer) => boolean {
  let isAmongFirst = false;
  return (header) => {
    if (header.length < 6 || header[4] !== 0) return false;
    const wasAmongFirst = isAmongFirst;
    isAmongFirst = (header[5]! & FIRST_PAGE) !== 0;
    return isAmongFirst && !wasAmongFirst;
  };
}

function isWebmStart(header: Buffer): boolean {
  return header.includes('webm') || header.includes('matroska');
}

async function* occurrences(
  file: FileHandle,
  size: number,
  magic: Buffer,
): AsyncGenerator<{ readonly offsetBytes: number; readonly header: Buffer }> {
  for (let start = 0; start < size; start += BLOCK_BYTES) {
    const block = await bytesAt(file, start, BLOCK_BYTES + HEADER_BYTES);
    for (let at = block.indexOf(magic); at >= 0 && at < BLOCK_BYTES; at = block.indexOf(magic, at + 1)) {
      yield { offsetBytes: start + at, header: block.subarray(at, at + HEADER_BYTES) };
    }
  }
}

async function bytesAt(file: FileHandle, positionBytes: number, sizeBytes: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(sizeBytes), 0, sizeBytes, positionBytes);
  return buffer.subarray(0, bytesRead);
}

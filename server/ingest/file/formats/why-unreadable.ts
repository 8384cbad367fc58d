import { type FileHandle, open } from 'node:fs/promises';

/** Top-level boxes that are looked at. A file that was not finished has a few. */
const MAX_BOXES = 10_000;

const UNKNOWN =
  'it is no recording, of a format that is not known, or damaged; if a player plays it, convert it first: ffmpeg -i in.file -c:v libvpx -c:a libopus out.webm';

/** Why neither mediabunny nor FFmpeg can read a file, in words that say what to do where something can be done. */
export async function whyForeignUnreadable(path: string, cause: unknown, otherwise = UNKNOWN): Promise<string> {
  const code = (cause as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size === 0) return 'it is empty';
      if (await isUnfinishedMp4(file, size))
        return 'the recording was never finished (an MP4 without its moov box); repair it first, for example with untrunc';
    } finally {
      await file.close();
    }
  } catch {
    // Then the general answer is all there is to say.
  }
  return otherwise;
}

async function isUnfinishedMp4(file: FileHandle, size: number): Promise<boolean> {
  if (size < 8) return false;
  let at = 0;
  for (let box = 0; box < MAX_BOXES && at + 8 <= size; box++) {
    const { buffer } = await file.read(Buffer.alloc(16), 0, 16, at);
    const type = buffer.toString('latin1', 4, 8);
    if (box === 0 && type !== 'ftyp') return false;
    if (type === 'moov' || type === 'moof') return false;
    const short = buffer.readUInt32BE(0);
    const length = short === 1 ? Number(buffer.readBigUInt64BE(8)) : short === 0 ? size - at : short;
    if (length < 8) break;
    at += length;
  }
  return true;
}

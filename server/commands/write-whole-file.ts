import { randomBytes } from 'node:crypto';
import { rename, rm, stat, writeFile } from 'node:fs/promises';

/**
 * Writes a file so that it is whole or not there at all: beside its place, and then renamed. What is no regular file, such as a
 * device, is written directly.
 *
 * @throws the file system's error. What was there before is then still there.
 */
export async function writeWholeFile(path: string, content: string): Promise<void> {
  const existing = await stat(path).catch(() => null);
  if (existing !== null && !existing.isFile()) return writeFile(path, content);
  const beside = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(beside, content, { flag: 'wx' });
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

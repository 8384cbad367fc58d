/** Why output could not be written, in a few words. Null: the error is about something else. */
export function outputProblem(error: unknown): string | null {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC') return 'no space is left on the device';
  if (code === 'EDQUOT') return 'the disk quota is used up';
  if (code === 'EFBIG') return 'the file is too large for its file system';
  if (code === 'EIO' && syscall === 'write') return 'the device reports an error';
  return null;
}

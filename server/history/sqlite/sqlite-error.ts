import { HistoryError, type HistoryErrorCode } from '../history-error.ts';

/** SQLite's primary result codes. */
const CODES: Readonly<Record<number, readonly [HistoryErrorCode, string]>> = {
  3: ['not-writable', 'the folder of the history may not be written; check its owner and mode'],
  5: ['in-use', 'another process uses the history; stop it, or choose another folder with --data-dir'],
  6: ['in-use', 'another process uses the history; stop it, or choose another folder with --data-dir'],
  8: ['not-writable', 'the history is read-only; check the owner and mode of its folder and files'],
  11: ['damaged', 'the history is damaged; move its file away, or restore a back-up'],
  13: ['disk-full', 'the disk of the history is full; free some space and start the server again'],
  14: ['not-writable', 'the history cannot be opened; check the owner and mode of its folder and files'],
  26: ['damaged', 'the file of the history is no SQLite database; move it away, or restore a back-up'],
};

/** Says in one line what a failure of SQLite means. */
export function historyError(error: unknown): HistoryError {
  if (error instanceof HistoryError) return error;
  const { errcode, code } = error as { errcode?: number; code?: string };
  const known = errcode === undefined ? systemCodes[code ?? ''] : CODES[errcode & 0xff];
  if (known !== undefined) return new HistoryError(...known, { cause: error });
  const detail = error instanceof Error ? error.message : String(error);
  return new HistoryError('failed', `the history failed: ${detail}`, { cause: error });
}

/** Errors of the file system, while the folder is made. */
const systemCodes: Readonly<Record<string, readonly [HistoryErrorCode, string] | undefined>> = {
  EACCES: CODES[3],
  EPERM: CODES[3],
  EROFS: CODES[8],
  ENOSPC: CODES[13],
  ENOTDIR: ['not-writable', 'the folder of the history cannot be made, because a file has its name; choose another'],
  EEXIST: ['not-writable', 'the folder of the history cannot be made, because a file has its name; choose another'],
};

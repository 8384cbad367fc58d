/**
 * Why there is no history, or a request to it failed.
 *
 * - `in-use`: another server uses the folder.
 * - `newer-schema`: a newer version of the server wrote it.
 * - `damaged`, `disk-full`, `not-writable`: as they say.
 * - `too-slow`: the request took too long.
 * - `off`: the server was built without one.
 * - `closed`: the store was closed.
 * - `failed`: anything else.
 */
export type HistoryErrorCode =
  | 'in-use'
  | 'newer-schema'
  | 'damaged'
  | 'disk-full'
  | 'not-writable'
  | 'too-slow'
  | 'off'
  | 'closed'
  | 'failed';

/** A failure of the store. Its message is one line for people that says what to do, without any content of a call. */
export class HistoryError extends Error {
  readonly code: HistoryErrorCode;

  constructor(code: HistoryErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HistoryError';
    this.code = code;
  }
}

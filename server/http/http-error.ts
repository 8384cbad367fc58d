import type { HttpError } from '../../client-sdk/protocol/index.ts';

/** The body of an error response. */
export function httpError(code: string, message: string): HttpError {
  return { error: { code, message } };
}

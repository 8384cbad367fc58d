/**
 * Kinds of errors of the model layer.
 * `overloaded`: dropped from a full queue; `failed`: the runtime could not compute it; `closed`: called after `close()`;
 * `invalid-bundle`: a model bundle is damaged or does not fit this version; `unknown-operating-point`: the bundle has no
 * operating point of that name.
 */
export type ModelErrorCode = 'overloaded' | 'failed' | 'closed' | 'invalid-bundle' | 'unknown-operating-point';

/** An operational error of the model layer. Its message contains no content of a call. */
export class ModelError extends Error {
  override readonly name = 'ModelError';
  readonly code: ModelErrorCode;

  private constructor(code: ModelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** An error of another thread, which sent its code and message. */
  static of(code: ModelErrorCode, message: string): ModelError {
    return new ModelError(code, message);
  }

  /** @param queue - name of the queue that was full, for example `text encoder` */
  static overloaded(queue: string): ModelError {
    return new ModelError('overloaded', `The ${queue} is overloaded: the request was dropped from its full queue.`);
  }

  static failed(message: string, cause?: unknown): ModelError {
    return new ModelError('failed', message, cause === undefined ? undefined : { cause });
  }

  /** @param what - name of the closed part, for example `text encoder` */
  static closed(what: string): ModelError {
    return new ModelError('closed', `The ${what} is closed.`);
  }

  static invalidBundle(message: string, cause?: unknown): ModelError {
    return new ModelError('invalid-bundle', message, cause === undefined ? undefined : { cause });
  }

  /** @param names - the bundle's operating points */
  static unknownOperatingPoint(name: string, names: readonly string[]): ModelError {
    const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    return new ModelError('unknown-operating-point', `The model bundle has no operating point "${name}": ${known}.`);
  }
}

/** First line of an error's message: native errors have stack dumps and source locations after it. */
export function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split('\n', 1)[0] ?? '';
}

export type RecordingErrorCode =
  | 'recording-unreadable'
  | 'recording-unsupported'
  | 'transcript-unreadable'
  | 'speakers-mismatch';

/**
 * A recording or its transcript cannot be used. The message is one line that says what to do. It holds no content of
 * the call.
 */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
  readonly code: RecordingErrorCode;

  constructor(code: RecordingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static unreadable(path: string, why: string, cause?: unknown): RecordingError {
    return new RecordingError('recording-unreadable', `cannot read ${path}: ${why}`, { cause });
  }

  static unsupported(path: string, why: string): RecordingError {
    return new RecordingError('recording-unsupported', `cannot use ${path}: ${why}`);
  }

  static transcript(path: string, why: string, cause?: unknown): RecordingError {
    return new RecordingError('transcript-unreadable', `cannot read the transcript ${path}: ${why}`, { cause });
  }

  static speakers(why: string): RecordingError {
    return new RecordingError('speakers-mismatch', why);
  }
}

/** Why a picture was not taken. A closed set: metrics count by it. */
export type PictureErrorCode =
  /** Not a picture of the stated encoding, damaged, or cut short. */
  | 'unreadable'
  /** Too many pixels, or a side that is too long. */
  | 'too-large'
  /** A picture of a kind that no camera sends: animated, interlaced, CMYK, 12 bits, arithmetic coding. */
  | 'unsupported'
  /** Made to take long: more scans, segments or chunks than any encoder writes. */
  | 'too-costly'
  /** Its decoder was stopped at the time limit. */
  | 'timeout'
  /** Too many pictures of its session, or of all sessions, were waiting. */
  | 'overloaded'
  /** Whoever asked for it no longer waits. */
  | 'abandoned'
  /** The decoder's thread broke down. */
  | 'crashed'
  /** The server shuts down. */
  | 'closed';

/** A picture was not taken. The message never says anything about what it shows. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
  readonly code: PictureErrorCode;

  constructor(code: PictureErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static unreadable(encoding: string, detail: string, cause?: unknown): PictureError {
    return new PictureError('unreadable', `the bytes are not a readable ${encoding} picture: ${detail}`, { cause });
  }

  static tooLarge(widthPx: number, heightPx: number, limit: string): PictureError {
    return new PictureError('too-large', `a picture of ${widthPx} × ${heightPx} is over the limit of ${limit}`);
  }

  static unsupported(detail: string): PictureError {
    return new PictureError('unsupported', `${detail} are not supported`);
  }

  static tooCostly(detail: string): PictureError {
    return new PictureError('too-costly', `the picture has ${detail}`);
  }
}

/** Why a picture was dropped. A closed set, because metrics use it as a label. */
export type PictureErrorCode =
  /** Not a picture of the stated encoding, damaged, or cut short. */
  | 'unreadable'
  /** Too many pixels, or a side that is too long. */
  | 'too-large'
  /** A kind of picture that no camera sends: animated, interlaced, CMYK, 12 bits, arithmetic coding. */
  | 'unsupported'
  /** Built to take long: more scans, segments or chunks than any encoder writes. */
  | 'too-costly'
  /** Decoding reached the time limit and was stopped. */
  | 'timeout'
  /** Too many pictures of its session, or of all sessions, were waiting. */
  | 'overloaded'
  /** The caller no longer waits for it. */
  | 'abandoned'
  /** The decoder's thread failed. */
  | 'crashed'
  /** The server shuts down. */
  | 'closed';

/** A picture was dropped. The message never describes its content. */
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

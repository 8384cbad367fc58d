import { CLOSE_CODES, type CloseReason, closeReasonOf, type DropReason } from '../protocol/index.ts';

/** What went wrong between this client and the server. A {@link CloseReason} is the server's own. */
export type ClientErrorCode =
  | CloseReason
  /** The server could not be reached. */
  | 'connection-failed'
  /** The connection ended, and the server gave no reason. */
  | 'connection-lost'
  /** The server no longer holds events that this subscriber has missed: see {@link ClientError.dropped}. */
  | 'events-dropped'
  /** The server sent a message that the protocol does not define. `cause` is the {@link ProtocolError}. */
  | 'protocol-violation'
  /** The server refused a track. */
  | 'track-refused'
  /** More control messages wait than the connection can hold. */
  | 'congested'
  /** Faces cannot be found on this device: MediaPipe or its model is missing; the message says which. */
  | 'faces-unavailable'
  /** This client closed the session. */
  | 'closed'
  /** The server answered an HTTP request with a status that has no reason of its own. */
  | 'http-error';

/**
 * Events that this subscriber has missed and that the server no longer holds. `evicted`: the sequences
 * `fromSequence`…`toSequence`, both included. Events continue after them. `restarted`: the followed log no longer exists,
 * for example after a restart of the server. Its events from `fromSequence` on are lost, and events continue at 1 of the
 * log of `epoch`.
 */
export interface SequenceRange {
  readonly reason: DropReason;
  /** Epoch of the log that continues; null if the server sends none. */
  readonly epoch: string | null;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** Close code of RFC 6455 from an endpoint that refuses to read a message of that size. */
const MESSAGE_TOO_BIG = 1009;

/** An operational error of this client. The message is for developers and carries nothing of the call. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** Whether the same call may succeed when made again after a pause. */
  readonly retry: boolean;
  /**
   * The missed events, for `events-dropped`; else null. To continue, subscribe again after `toSequence` of `epoch`; after
   * a restart, after 0 of it.
   */
  readonly dropped: SequenceRange | null;

  constructor(
    code: ClientErrorCode,
    message: string,
    options: { retry?: boolean; cause?: unknown; dropped?: SequenceRange } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? false;
    this.dropped = options.dropped ?? null;
  }

  /** @param closeCode - code of the close frame; 1006 when the connection broke. */
  static fromClose(closeCode: number): ClientError {
    const reason = closeCode === MESSAGE_TOO_BIG ? 'too-large' : closeReasonOf(closeCode);
    if (reason === null) {
      return new ClientError('connection-lost', `The connection ended with close code ${closeCode}.`, { retry: true });
    }
    return new ClientError(reason, CLOSE_CODES[reason].meaning, { retry: CLOSE_CODES[reason].retry });
  }

  /** @param status - HTTP status of an error; those of {@link CLOSE_CODES} less 4000 mean the same. */
  static fromHttpStatus(status: number): ClientError {
    if (closeReasonOf(4000 + status) !== null) return ClientError.fromClose(4000 + status);
    return new ClientError('http-error', `The server answered with HTTP status ${status}.`);
  }

  /** @param cause - the runtime's own error, if there is one. */
  static connectionFailed(cause?: unknown): ClientError {
    return new ClientError('connection-failed', 'The server could not be reached.', { retry: true, cause });
  }

  /** @param dropped - the missed sequences. */
  static eventsDropped(dropped: SequenceRange): ClientError {
    const message =
      dropped.reason === 'restarted'
        ? `The session was opened anew; events from ${dropped.fromSequence} on are gone.`
        : `The server no longer holds events ${dropped.fromSequence} to ${dropped.toSequence}.`;
    return new ClientError('events-dropped', message, { dropped });
  }

  /** @param cause - the {@link ProtocolError}. */
  static protocolViolation(cause: unknown): ClientError {
    return new ClientError('protocol-violation', 'The server sent a message that breaks the protocol.', { cause });
  }

  /**
   * @param advice - what is missing and what to do.
   * @param cause - the browser's or MediaPipe's own error.
   */
  static facesUnavailable(advice: string, cause?: unknown): ClientError {
    return new ClientError('faces-unavailable', `No faces can be found on this device: ${advice}.`, { cause });
  }

  /** A method was called on a session that has ended. */
  static closed(): ClientError {
    return new ClientError('closed', 'This client closed the session.');
  }
}

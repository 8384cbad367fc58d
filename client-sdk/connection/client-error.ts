import { CLOSE_CODES, type CloseReason, closeReasonOf, type DropReason } from '../protocol/index.ts';

/** What went wrong between this client and the server. A {@link CloseReason} is the server's own. */
export type ClientErrorCode =
  | CloseReason
  /** The server could not be reached. */
  | 'connection-failed'
  /** The connection ended without the server's saying why. */
  | 'connection-lost'
  /** Events are gone for this subscriber: see {@link ClientError.dropped}. */
  | 'events-dropped'
  /** The server sent something that the protocol does not know; `cause` is the {@link ProtocolError}. */
  | 'protocol-violation'
  /** The server refused a track. */
  | 'track-refused'
  /** More control messages wait than the connection takes. */
  | 'congested'
  /** Faces cannot be found on this device: MediaPipe or its model is missing; the message says which. */
  | 'faces-unavailable'
  /** The session was closed on this side. */
  | 'closed'
  /** The server answered an HTTP request with a status that has no reason of its own. */
  | 'http-error';

/**
 * Events that are gone for this subscriber. `evicted`: the sequences `fromSequence`…`toSequence`, both included; events
 * go on after them. `restarted`: the log that was followed is gone, as after a restart of the server, with whatever
 * followed from `fromSequence` on, and events go on at 1 of the log of `epoch`.
 */
export interface SequenceRange {
  readonly reason: DropReason;
  /** Epoch of the log that goes on; null where the server tells none. */
  readonly epoch: string | null;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** Close code of RFC 6455 from an endpoint that does not even read a message of that size. */
const MESSAGE_TOO_BIG = 1009;

/** An operational error of this client. The message is for developers and carries nothing of the call. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;
  /** Whether the same call may succeed when made again after a pause. */
  readonly retry: boolean;
  /**
   * The events that are gone, for `events-dropped`; else null. To go on, subscribe again after `toSequence` of `epoch`;
   * after a restart, after 0 of it.
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

  /** @param cause - the runtime's own error, where it gives one. */
  static connectionFailed(cause?: unknown): ClientError {
    return new ClientError('connection-failed', 'The server could not be reached.', { retry: true, cause });
  }

  /** @param dropped - the sequences that are gone. */
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

  /** A call on a session that is over. */
  static closed(): ClientError {
    return new ClientError('closed', 'The session was closed on this side.');
  }
}

import type { EmotionEvent } from './emotion-event.ts';

/** Answer to `session.start`: the session is open, packets may follow. */
export interface SessionReady {
  readonly type: 'session.ready';
  readonly sessionId: string;
  readonly traceparent: string;
  /** The session's media time when this was sent, in ms: where a publisher that joins it is to go on. */
  readonly mediaTimeMs?: number;
  readonly limits: {
    /** Largest binary packet, header included, in bytes. */
    readonly maxPacketBytes: number;
    /** Largest text message, in bytes. */
    readonly maxMessageBytes: number;
    readonly maxTracks: number;
    /** How far out of order a packet may arrive, in ms of media time. */
    readonly jitterMs: number;
  };
}

/** Answer to `track.add`. */
export interface TrackReady {
  readonly type: 'track.ready';
  readonly track: number;
}

/**
 * Something sent was refused. `fatal: false`: that message or packet alone was dropped and the session goes on.
 * `fatal: true`: the socket closes next, with the close code of `code`.
 */
export interface ServerError {
  readonly type: 'error';
  /** A key of {@link CLOSE_CODES} when fatal, of {@link REFUSAL_CODES} when not. */
  readonly code: string;
  /** What was wrong and what to do, in one sentence; repeats nothing of the call's content. */
  readonly message: string;
  readonly fatal: boolean;
}

/**
 * Sent to a subscriber who asked for events that the server no longer holds (`afterSequence` too old) or whose
 * buffer overflowed: events `fromSequence`…`toSequence` are gone for this subscriber; the stream goes on after them.
 */
export interface EventsDropped {
  readonly type: 'events.dropped';
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** Everything a publisher receives. */
export type PublisherReply = SessionReady | TrackReady | ServerError;

/** Everything a subscriber receives. */
export type SubscriberReply = EmotionEvent | EventsDropped | ServerError;

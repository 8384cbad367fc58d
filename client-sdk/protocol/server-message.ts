import type { EmotionEvent } from './emotion-event.ts';

/** Answer to `session.start`: the session is open, packets may follow. */
export interface SessionReady {
  readonly type: 'session.ready';
  readonly sessionId: string;
  /** Epoch of the session's event log. Another one than before says that the session was opened anew. */
  readonly epoch?: string;
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
 * Why events are gone for a reader. `evicted`: the log no longer holds them, because the reader asked for too old ones or
 * read too slowly. `restarted`: the whole log that the reader followed is gone, and another one has begun.
 */
export const DROP_REASONS = ['evicted', 'restarted'] as const;
/** One of {@link DROP_REASONS}. */
export type DropReason = (typeof DROP_REASONS)[number];

/**
 * Events are gone for this subscriber. After `evicted` the stream goes on behind `toSequence`. After `restarted` it goes
 * on at 1, in the log of `epoch`: `fromSequence` is the first event of the old log that the subscriber has not seen, and
 * `toSequence` is the same, because nobody knows any more how many followed.
 */
export interface EventsDropped {
  readonly type: 'events.dropped';
  /** Default `evicted`. */
  readonly reason?: DropReason;
  /** Epoch of the log whose events follow. */
  readonly epoch?: string;
  readonly fromSequence: number;
  readonly toSequence: number;
}

/** Everything a publisher receives. */
export type PublisherReply = SessionReady | TrackReady | ServerError;

/** Everything a subscriber receives. */
export type SubscriberReply = EmotionEvent | EventsDropped | ServerError;

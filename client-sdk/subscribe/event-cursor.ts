import type { SequenceRange } from '../connection/client-error.ts';
import {
  type DropReason,
  type EmotionEvent,
  type EventPosition,
  type EventsDropped,
  PROTOCOL_VERSION,
  type Subscribe,
} from '../protocol/index.ts';

/** Meaning of one server message for a reader. */
export interface CursorStep {
  /** Events that the reader has missed before this event, in order; usually none. */
  readonly dropped: readonly SequenceRange[];
  /** The event to deliver; null if it was seen before, or if the message is not an event. */
  readonly event: EmotionEvent | null;
}

/** A reader's place in a stream of events. */
export interface StreamCursor {
  /** The message that asks for what follows. */
  readonly subscribe: Subscribe;
  take(message: EmotionEvent | EventsDropped): CursorStep;
  /** Whether nothing follows this event. */
  isLast(event: EmotionEvent): boolean;
}

const NOTHING: CursorStep = { dropped: [], event: null };

/** A reader's place in a session's events: delivers each once and in sequence, and notices what is missing. */
export class EventCursor implements StreamCursor {
  readonly #sessionId: string;
  readonly #waits: boolean;
  #position: EventPosition;

  /** `waits`: whether to wait for a session that does not exist yet. */
  constructor(sessionId: string, after: EventPosition, waits = false) {
    this.#sessionId = sessionId;
    this.#position = after;
    this.#waits = waits;
  }

  get subscribe(): Subscribe {
    const { epoch, sequence: afterSequence } = this.#position;
    return {
      type: 'subscribe',
      version: PROTOCOL_VERSION,
      sessionId: this.#sessionId,
      afterSequence,
      ...(epoch !== null && { epoch }),
      ...(this.#waits && { wait: true }),
    };
  }

  isLast({ type }: EmotionEvent): boolean {
    return type === 'session.ended';
  }

  take(message: EmotionEvent | EventsDropped): CursorStep {
    return message.type === 'events.dropped' ? this.#skip(message) : this.#advance(message);
  }

  #skip({ reason, epoch, toSequence }: EventsDropped): CursorStep {
    if (reason === 'restarted') return { dropped: [this.#lose('restarted', epoch ?? null, 0)], event: null };
    if (toSequence <= this.#position.sequence) return NOTHING;
    return { dropped: [this.#lose('evicted', epoch ?? this.#position.epoch, toSequence)], event: null };
  }

  #advance(event: EmotionEvent): CursorStep {
    const known = this.#position.epoch;
    const { sequence, epoch = known } = event;
    const dropped: SequenceRange[] = [];
    // The server reports a restart itself. Events of another log must never count as events of this one.
    if (known !== null && epoch !== known) dropped.push(this.#lose('restarted', epoch, 0));
    if (sequence <= this.#position.sequence) return { dropped, event: null };
    if (sequence > this.#position.sequence + 1) dropped.push(this.#lose('evicted', epoch, sequence - 1));
    this.#position = { epoch, sequence };
    return { dropped, event };
  }

  /** Continues after `sequence` of the log of `epoch`. Earlier events are lost. */
  #lose(reason: DropReason, epoch: string | null, sequence: number): SequenceRange {
    const fromSequence = this.#position.sequence + 1;
    this.#position = { epoch, sequence };
    // The end of a log that no longer exists is unknown.
    return { reason, epoch, fromSequence, toSequence: Math.max(fromSequence, sequence) };
  }
}

import type { SequenceRange } from '../connection/client-error.ts';
import type { DropReason, EmotionEvent, EventPosition, EventsDropped } from '../protocol/index.ts';

/** What one message of the server means to a reader. */
export interface CursorStep {
  /** What the reader has lost before the event, in order; mostly nothing. */
  readonly dropped: readonly SequenceRange[];
  /** The event to deliver; null where it was seen before, or where the message is none. */
  readonly event: EmotionEvent | null;
}

const NOTHING: CursorStep = { dropped: [], event: null };

/** A reader's place in a session's events: delivers each once and in sequence, and notices what is missing. */
export class EventCursor {
  #position: EventPosition;

  constructor(after: EventPosition) {
    this.#position = after;
  }

  /** Where to resume. */
  get position(): EventPosition {
    return this.#position;
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
    // A server tells a restart itself; what comes from another log must not pass for this one's in any case.
    if (known !== null && epoch !== known) dropped.push(this.#lose('restarted', epoch, 0));
    if (sequence <= this.#position.sequence) return { dropped, event: null };
    if (sequence > this.#position.sequence + 1) dropped.push(this.#lose('evicted', epoch, sequence - 1));
    this.#position = { epoch, sequence };
    return { dropped, event };
  }

  /** Goes on after `sequence` of the log of `epoch`; what came before it is lost. */
  #lose(reason: DropReason, epoch: string | null, sequence: number): SequenceRange {
    const fromSequence = this.#position.sequence + 1;
    this.#position = { epoch, sequence };
    // Of a log that is gone nobody knows the end.
    return { reason, epoch, fromSequence, toSequence: Math.max(fromSequence, sequence) };
  }
}

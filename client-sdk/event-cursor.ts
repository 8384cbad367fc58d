import type { SequenceRange } from './client-error.ts';
import type { EmotionEvent, EventPosition, EventsDropped } from './protocol/index.ts';

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
  #hasRead = false;

  constructor(after: EventPosition) {
    this.#position = after;
  }

  /** Where to resume. */
  get position(): EventPosition {
    return this.#position;
  }

  /** Whether the server has told anything yet. */
  get hasRead(): boolean {
    return this.#hasRead;
  }

  take(message: EmotionEvent | EventsDropped): CursorStep {
    this.#hasRead = true;
    return message.type === 'events.dropped' ? this.#skip(message) : this.#advance(message);
  }

  #skip({ reason, epoch, toSequence }: EventsDropped): CursorStep {
    if (reason === 'restarted') return { dropped: [this.#restart(epoch)], event: null };
    if (toSequence <= this.#position.sequence) return NOTHING;
    return { dropped: [this.#evict(toSequence, epoch)], event: null };
  }

  #advance(event: EmotionEvent): CursorStep {
    const { sequence, epoch } = event;
    const known = this.#position.epoch;
    const dropped: SequenceRange[] = [];
    // A server tells a restart itself; what comes from another log must not pass for this one's in any case.
    if (epoch !== undefined && known !== null && epoch !== known) dropped.push(this.#restart(epoch));
    if (sequence <= this.#position.sequence) return { dropped, event: null };
    if (sequence > this.#position.sequence + 1) dropped.push(this.#evict(sequence - 1, epoch));
    this.#position = { epoch: epoch ?? this.#position.epoch, sequence };
    return { dropped, event };
  }

  #restart(told: string | undefined): SequenceRange {
    const epoch = told ?? null;
    const unseen = this.#position.sequence + 1;
    this.#position = { epoch, sequence: 0 };
    return { reason: 'restarted', epoch, fromSequence: unseen, toSequence: unseen };
  }

  #evict(toSequence: number, told: string | undefined): SequenceRange {
    const epoch = told ?? this.#position.epoch;
    const fromSequence = this.#position.sequence + 1;
    this.#position = { epoch, sequence: toSequence };
    return { reason: 'evicted', epoch, fromSequence, toSequence };
  }
}

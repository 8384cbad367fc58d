import {
  ALL_SESSIONS,
  type EmotionEvent,
  type EventPosition,
  type EventsDropped,
  LOG_START,
  PROTOCOL_VERSION,
  parsePosition,
  type Subscribe,
} from '../protocol/index.ts';
import type { CursorStep, StreamCursor } from './event-cursor.ts';

/** Which events of all sessions are wanted. */
export type AllEventsFilter = Pick<Subscribe, 'types' | 'roles'>;

/** Sessions whose last event is remembered. The one that was quiet longest is forgotten first. */
const MAX_SESSIONS = 10_000;

/**
 * A reader's place in the events of all sessions. After a restart, the server sends what it still holds from the start.
 * Events that the reader has seen are left out then: each has a place of its own in the log of its session.
 */
export class AllEventsCursor implements StreamCursor {
  readonly #filter: AllEventsFilter;
  readonly #seen = new Map<string, EventPosition>();
  #position: EventPosition;

  constructor(after: EventPosition, filter: AllEventsFilter) {
    this.#position = after;
    this.#filter = filter;
  }

  get subscribe(): Subscribe {
    const { epoch, sequence: afterSequence } = this.#position;
    return {
      type: 'subscribe',
      version: PROTOCOL_VERSION,
      sessionId: ALL_SESSIONS,
      afterSequence,
      ...(epoch !== null && { epoch }),
      ...this.#filter,
    };
  }

  take(message: EmotionEvent | EventsDropped): CursorStep {
    return message.type === 'events.dropped' ? this.#skip(message) : this.#advance(message);
  }

  /** The stream goes on with other sessions. */
  isLast(): boolean {
    return false;
  }

  #skip({ reason = 'evicted', epoch: named, fromSequence, toSequence }: EventsDropped): CursorStep {
    const epoch = named ?? null;
    const isEvicted = reason === 'evicted';
    this.#position = { epoch, sequence: isEvicted ? toSequence : 0 };
    return { dropped: [{ reason, epoch, fromSequence, toSequence }], event: null };
  }

  #advance(event: EmotionEvent): CursorStep {
    this.#position = parsePosition(event.position ?? '') ?? LOG_START;
    const { sessionId, sequence, epoch: named } = event;
    const epoch = named ?? null;
    const seen = this.#seen.get(sessionId);
    if (seen !== undefined && seen.epoch === epoch && sequence <= seen.sequence) return { dropped: [], event: null };
    this.#seen.delete(sessionId);
    this.#seen.set(sessionId, { epoch, sequence });
    if (this.#seen.size > MAX_SESSIONS) this.#seen.delete(this.#seen.keys().next().value!);
    return { dropped: [], event };
  }
}

import { randomBytes } from 'node:crypto';
import type { EmotionEvent, EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';
import { type LoggedEvent, serializeEvent } from './logged-event.ts';

/** Where a reader goes on, and what it is to be told first. */
export interface Resumption {
  /** Last sequence of this log that counts as seen. */
  readonly afterSequence: number;
  /** The log that the reader followed is gone; null where it is this one. */
  readonly restarted: EventsDropped | null;
}

/** Bytes kept a session, whatever the number of events. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/**
 * The newest events of one session, in sequence. Bounded by number and by bytes: the oldest go first.
 * It is the only queue between a session and its subscribers.
 */
export class EventLog {
  /** Tells this log from every other one, also from those of the same session's id before and after a restart. */
  readonly epoch: string;
  readonly #ring: (LoggedEvent | undefined)[];
  readonly #maxBytes: number;
  readonly #onBytes: (change: number) => void;
  readonly #listeners = new Set<() => void>();
  #first = 1;
  #last = 0;
  #bytes = 0;
  #closed = false;

  /** `maxEvents`: events kept, 1 or more. `onBytes` is told by how many bytes more, or fewer, are kept. */
  constructor(
    maxEvents: number,
    maxBytes = MAX_LOG_BYTES,
    epoch = randomBytes(9).toString('base64url'),
    onBytes: (change: number) => void = () => {},
  ) {
    if (!Number.isInteger(maxEvents) || maxEvents < 1) throw new RangeError('maxEvents must be a whole number above 0');
    this.#ring = new Array(maxEvents);
    this.#maxBytes = maxBytes;
    this.#onBytes = onBytes;
    this.epoch = epoch;
  }

  /** Sequence of the oldest event held; one above {@link lastSequence} when none is. */
  get firstSequence(): number {
    return this.#first;
  }

  /** Sequence of the newest event, 0 before the first. */
  get lastSequence(): number {
    return this.#last;
  }

  /** True when no further event follows. */
  get closed(): boolean {
    return this.#closed;
  }

  /** @throws RangeError when the event's sequence is not the next one, or the log is closed. */
  append(event: EmotionEvent): void {
    if (this.#closed) throw new RangeError('the event log is closed');
    if (event.sequence !== this.#last + 1) {
      throw new RangeError(`event ${event.sequence} does not follow event ${this.#last}`);
    }
    const logged = serializeEvent(event, this.epoch);
    const slot = event.sequence % this.#ring.length;
    if (this.#last - this.#first + 1 === this.#ring.length) this.#evictOldest();
    this.#ring[slot] = logged;
    this.#last = event.sequence;
    this.#bytes += logged.streamed.byteLength;
    this.#onBytes(logged.streamed.byteLength);
    this.trim(this.#maxBytes);
    this.#notify();
  }

  /** Drops the oldest events until at most `maxBytes` are kept; the newest event stays. */
  trim(maxBytes: number): void {
    while (this.#bytes > maxBytes && this.#first < this.#last) this.#evictOldest();
  }

  /** The event with this sequence, undefined when it is no longer, or not yet, held. */
  at(sequence: number): LoggedEvent | undefined {
    return sequence < this.#first || sequence > this.#last ? undefined : this.#ring[sequence % this.#ring.length];
  }

  /**
   * Where a reader of this position goes on. A position of another epoch, or one that this log has not reached, was read
   * from another log: its reader gets this one from the start, after a notice.
   */
  resume({ epoch, sequence }: EventPosition): Resumption {
    const isOwn = (epoch === null || epoch === this.epoch) && sequence <= this.#last;
    if (isOwn) return { afterSequence: sequence, restarted: null };
    const unseen = Math.min(sequence + 1, Number.MAX_SAFE_INTEGER);
    const restarted = {
      type: 'events.dropped',
      reason: 'restarted',
      epoch: this.epoch,
      fromSequence: unseen,
      toSequence: unseen,
    } as const;
    return { afterSequence: 0, restarted };
  }

  /** What a reader after `sequence` has missed because it is no longer held; null for nothing. */
  evictedAfter(sequence: number): EventsDropped | null {
    if (sequence + 1 >= this.#first) return null;
    return {
      type: 'events.dropped',
      reason: 'evicted',
      epoch: this.epoch,
      fromSequence: sequence + 1,
      toSequence: this.#first - 1,
    };
  }

  /**
   * Events after `sequence`, at most `limit` and together not much over `maxBytes`, but one at least where there is one. The
   * first may be further on when the log no longer holds what followed.
   */
  after(sequence: number, limit: number, maxBytes: number): LoggedEvent[] {
    const events: LoggedEvent[] = [];
    let bytes = 0;
    for (let next = Math.max(sequence + 1, this.#first); next <= this.#last; next += 1) {
      if (events.length >= limit || bytes >= maxBytes) break;
      const event = this.#ring[next % this.#ring.length]!;
      events.push(event);
      bytes += event.json.byteLength;
    }
    return events;
  }

  /** Calls `listener` after each change. Returns the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** No further event follows. */
  close(): void {
    this.#closed = true;
    this.#notify();
    this.#listeners.clear();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #evictOldest(): void {
    const slot = this.#first % this.#ring.length;
    const bytes = this.#ring[slot]?.streamed.byteLength ?? 0;
    this.#bytes -= bytes;
    this.#onBytes(-bytes);
    this.#ring[slot] = undefined;
    this.#first += 1;
  }
}

import { randomBytes } from 'node:crypto';
import type { EmotionEvent, EventPosition, EventsDropped } from '../../client-sdk/protocol/index.ts';
import { type LoggedEvent, serializeEvent } from './logged-event.ts';
import type { ReadableLog } from './readable-log.ts';
import { evictedBefore, type Resumption, resumeLog } from './resumption.ts';

/** Bytes that are kept per session, for any number of events. */
const MAX_LOG_BYTES = 16 * 1024 * 1024;

/**
 * The newest events of one session, in order. Their number and bytes are limited, and the oldest are dropped first. It
 * is the only queue between a session and its subscribers.
 */
export class EventLog implements ReadableLog {
  /**
   * Random name of this log. It differs from all other logs, also from those of the same session id before and after a
   * restart.
   */
  readonly epoch: string;
  readonly #ring: (LoggedEvent | undefined)[];
  readonly #maxBytes: number;
  readonly #onBytes: (change: number) => void;
  readonly #listeners = new Set<() => void>();
  readonly #holds: boolean;
  #first = 1;
  #told = 0;
  #last = 0;
  #bytes = 0;
  #isClosing = false;

  /**
   * `maxEvents`: number of events that are kept, 1 or more. `onBytes` receives the change of the kept bytes. `holds`:
   * whether readers get an event only after {@link tell}.
   */
  constructor(
    maxEvents: number,
    maxBytes = MAX_LOG_BYTES,
    epoch = randomBytes(9).toString('base64url'),
    onBytes: (change: number) => void = () => {},
    holds = false,
  ) {
    if (!Number.isInteger(maxEvents) || maxEvents < 1) throw new RangeError('maxEvents must be a whole number above 0');
    this.#ring = new Array(maxEvents);
    this.#maxBytes = maxBytes;
    this.#onBytes = onBytes;
    this.#holds = holds;
    this.epoch = epoch;
  }

  /** Sequence of the oldest event in the log. One above {@link lastSequence} when the log is empty. */
  get firstSequence(): number {
    return this.#first;
  }

  /** Sequence of the newest event that readers get, 0 before the first. */
  get lastSequence(): number {
    return this.#told;
  }

  /** Sequence of the newest event, whether or not readers get it yet. */
  get appendedSequence(): number {
    return this.#last;
  }

  /** True when no further event will follow, and readers get all of them. */
  get closed(): boolean {
    return this.#isClosing && this.#told === this.#last;
  }

  /**
   * Adds an event and returns it as it is kept.
   *
   * @throws RangeError when the event's sequence is not the next one, or the log is closed.
   */
  append(event: EmotionEvent): LoggedEvent {
    if (this.#isClosing) throw new RangeError('the event log is closed');
    if (event.sequence !== this.#last + 1) {
      throw new RangeError(`event ${event.sequence} does not follow event ${this.#last}`);
    }
    const logged = serializeEvent(event, this.epoch);
    this.#add(logged);
    if (!this.#holds) this.tell(event.sequence);
    return logged;
  }

  /** Continues a log that was stored. `events` are its newest ones, in order, and readers may have seen all of them. */
  restore(events: readonly LoggedEvent[], lastSequence: number): void {
    if (this.#last !== 0) throw new RangeError('the event log has events');
    this.#first = lastSequence - events.length + 1;
    this.#last = this.#first - 1;
    for (const event of events) this.#add(event);
    this.#told = this.#last;
  }

  /** Gives readers the events up to this one. */
  tell(sequence: number): void {
    if (sequence <= this.#told) return;
    this.#told = Math.min(sequence, this.#last);
    this.#notify();
  }

  /** Drops the oldest events until at most `maxBytes` are kept. The newest event always stays. */
  trim(maxBytes: number): void {
    while (this.#bytes > maxBytes && this.#first < this.#last) this.#evictOldest();
  }

  /** The event with this sequence. Undefined when the log no longer has it or does not have it yet. */
  at(sequence: number): LoggedEvent | undefined {
    return sequence < this.#first || sequence > this.#told ? undefined : this.#ring[sequence % this.#ring.length];
  }

  /** Where a reader with this position continues. See {@link resumeLog}. */
  resume(position: EventPosition): Resumption {
    return resumeLog(this, position);
  }

  /** The events after `sequence` that were dropped. Null when none were. */
  evictedAfter(sequence: number): EventsDropped | null {
    return evictedBefore(this.epoch, sequence, this.#first);
  }

  /** Calls `listener` after each change. Returns the function that stops it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Marks the log as complete: no further event follows. */
  close(): void {
    this.#isClosing = true;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
    if (this.closed) this.#listeners.clear();
  }

  #add(logged: LoggedEvent): void {
    const { sequence, streamed } = logged;
    if (this.#last - this.#first + 1 === this.#ring.length) this.#evictOldest();
    this.#ring[sequence % this.#ring.length] = logged;
    this.#last = sequence;
    this.#bytes += streamed.byteLength;
    this.#onBytes(streamed.byteLength);
    this.trim(this.#maxBytes);
  }

  #evictOldest(): void {
    const slot = this.#first % this.#ring.length;
    const bytes = this.#ring[slot]?.streamed.byteLength ?? 0;
    this.#bytes -= bytes;
    this.#onBytes(-bytes);
    this.#ring[slot] = undefined;
    this.#first += 1;
    // Readers learn that an event is gone, even if it was never told.
    this.#told = Math.max(this.#told, this.#first - 1);
  }
}

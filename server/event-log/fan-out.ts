import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';

/** A reader that may wait for its turn. */
export interface WaitingReader {
  /** Sends a few events. Returns true when the reader could send more right away. */
  takeTurn(): boolean;
}

export interface FanOutOptions {
  readonly clock: Clock;
  /** Longest time that readers may use the thread without a break, in ms. Default 4. */
  readonly sliceMs?: number;
  /** Break after that for everything else, in ms. Default 4. */
  readonly pauseMs?: number;
}

/**
 * Limits of the events and bytes in flight to all readers. Above them, each reader may have only a little in flight.
 */
const CROWDED_EVENTS = 65_536;
const CROWDED_BYTES = 64 * 1024 * 1024;

/**
 * Sends events to the readers of all logs, a few milliseconds at a time, so that thousands of readers cost the calls
 * only a share of the thread. Logs take turns, and so do the readers of one log.
 */
export class FanOut {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #pauseMs: number;
  readonly #waiting = new Map<object, Set<WaitingReader>>();
  #timer: Subscription | null = null;
  #drained: PromiseWithResolvers<void> | null = null;
  #isRunning = false;
  #events = 0;
  #bytes = 0;

  constructor({ clock, sliceMs = 4, pauseMs = 4 }: FanOutOptions) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#pauseMs = pauseMs;
  }

  /** Whether so much is in flight to slow readers that each reader may have only a little in flight. */
  get isCrowded(): boolean {
    return this.#events > CROWDED_EVENTS || this.#bytes > CROWDED_BYTES;
  }

  /** Bytes that were sent to all readers and not yet taken by the system. Readers of the same event share its bytes. */
  get bytesInFlight(): number {
    return this.#bytes;
  }

  /** Changes the count of what all readers have in flight. */
  count(events: number, bytes: number): void {
    this.#events += events;
    this.#bytes += bytes;
  }

  /** Gives a reader of a log a turn soon. A reader that already waits is not added again. */
  add(log: object, reader: WaitingReader): void {
    const readers = this.#waiting.get(log);
    if (readers === undefined) this.#waiting.set(log, new Set([reader]));
    else readers.add(reader);
    if (!this.#isRunning) this.#timer ??= this.#clock.scheduler.schedule(() => this.#run(), 0);
  }

  /** Removes a reader from those that wait for a turn. */
  remove(log: object, reader: WaitingReader): void {
    const readers = this.#waiting.get(log);
    readers?.delete(reader);
    if (readers?.size === 0) this.#waiting.delete(log);
  }

  /** Resolves when no reader waits any more, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    if (this.#waiting.size === 0) return;
    this.#drained ??= Promise.withResolvers<void>();
    const { promise, resolve } = this.#drained;
    const timer = this.#clock.scheduler.schedule(() => resolve(), graceMs);
    await promise;
    timer.unsubscribe();
  }

  #run(): void {
    this.#timer = null;
    this.#isRunning = true;
    const untilMs = this.#clock.now() + this.#sliceMs;
    try {
      while (this.#waiting.size > 0 && this.#clock.now() < untilMs) this.#serveNext();
    } finally {
      this.#isRunning = false;
      if (this.#waiting.size > 0) {
        this.#timer = this.#clock.scheduler.schedule(() => this.#run(), this.#pauseMs);
      } else {
        this.#drained?.resolve();
        this.#drained = null;
      }
    }
  }

  #serveNext(): void {
    const [log, readers] = this.#waiting.entries().next().value!;
    const reader: WaitingReader = readers.values().next().value!;
    readers.delete(reader);
    // Move the log to the end, so that another log is next.
    this.#waiting.delete(log);
    if (readers.size > 0) this.#waiting.set(log, readers);
    if (reader.takeTurn()) this.add(log, reader);
  }
}

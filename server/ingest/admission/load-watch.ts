import type { Subscription } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** Interval at which the event loop must run the timer, in ms. */
const LAG_INTERVAL_MS = 100;

/**
 * How late the event loop may be before media is dropped, in ms. Well under 5 s, after which an AudioHook client gives
 * up a call without an answer. Above a pause for garbage collection or a burst.
 */
const LIMIT_MS = 1000;

/**
 * Reports when the thread is so far behind that media must be dropped to answer in time. It is checked for every frame,
 * so a flood is cut off at once rather than at the next timer tick.
 */
export class LoadWatch {
  readonly #clock: Clock;
  #dueMs = Number.POSITIVE_INFINITY;
  #timer: Subscription | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isBehind(): boolean {
    return this.#clock.now() - this.#dueMs > LIMIT_MS;
  }

  start(): void {
    this.#dueMs = this.#clock.now() + LAG_INTERVAL_MS;
    this.#timer = this.#clock.scheduler.schedule(() => this.start(), LAG_INTERVAL_MS);
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}

import type { Subscription } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** How often the event loop is to come round, in ms. */
const TICK_MS = 100;

/**
 * How late the event loop may be before media is dropped, in ms. Well under the 5 s after which an AudioHook client gives
 * a call up for want of an answer, and above what a pause for garbage or a burst takes.
 */
const LIMIT_MS = 1000;

/**
 * Tells when the thread is so far behind that media has to be dropped for answers to come in time. It is looked at with
 * every frame, so that a flood of them ends as soon as it is too much, and not only when the loop comes round.
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
    this.#dueMs = this.#clock.now() + TICK_MS;
    this.#timer = this.#clock.scheduler.schedule(() => this.start(), TICK_MS);
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#dueMs = Number.POSITIVE_INFINITY;
  }
}

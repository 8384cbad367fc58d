import type { Subscription } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';
import type { LoadProjection } from './load-projection.ts';

export interface LoadWatchOptions {
  readonly clock: Clock;
  /** How late the thread may be before new calls are refused, in ms. */
  readonly maxLagMs: number;
  /** How late the analysis of a new call would be because of those in progress, in ms. Default: never late. */
  readonly analysisLagMs?: () => number;
  /** Foresees the load of calls that were just opened. Default: nothing is foreseen. */
  readonly projection?: LoadProjection | null;
}

/**
 * How late the thread may be before media is dropped, in ms. Well under 5 s, after which an AudioHook client gives up a call
 * without an answer. Above a pause for garbage collection or a burst.
 */
const DROP_MS = 1000;
/** Interval at which the event loop must run the timer, in ms. */
const INTERVAL_MS = 50;
/** How long new calls are refused after the thread was last too late, in ms. */
const HOLD_MS = 1000;
/** A lag counts for what arrived during it for one to two of these periods, in ms. */
const PERIOD_MS = 15_000;

/**
 * Measures how late the thread is. It is asked for every frame and every call, so a flood is cut off at once rather than
 * at the next timer tick.
 */
export class LoadWatch {
  readonly #clock: Clock;
  readonly #maxLagMs: number;
  readonly #analysisLagMs: () => number;
  readonly #projection: LoadProjection | null;
  #dueMs = Number.POSITIVE_INFINITY;
  #lateUntilMs = Number.NEGATIVE_INFINITY;
  #periodFromMs = Number.NEGATIVE_INFINITY;
  #longestMs = 0;
  #longestBeforeMs = 0;
  #timer: Subscription | null = null;

  constructor({ clock, maxLagMs, analysisLagMs = () => 0, projection = null }: LoadWatchOptions) {
    this.#analysisLagMs = analysisLagMs;
    this.#projection = projection;
    this.#clock = clock;
    this.#maxLagMs = maxLagMs;
  }

  /** Whether the thread is so far behind that media must be dropped to answer in time. */
  get isBehind(): boolean {
    return this.isTooLate(this.#lagMs);
  }

  /** Whether a thread that is this late, in ms, is so far behind that media must be dropped. */
  isTooLate(lagMs: number): boolean {
    return lagMs > DROP_MS;
  }

  /** Whether new calls are refused, so that those in progress keep their time. */
  get isFull(): boolean {
    return this.#isLate || this.#clock.now() < this.#lateUntilMs || this.#projection?.isFull === true;
  }

  /** The longest time for which something that is read now may have waited to be read, in ms. */
  get longestLagMs(): number {
    return Math.max(this.#lagMs, this.#longestMs, this.#longestBeforeMs);
  }

  start(): void {
    this.#dueMs = this.#clock.now() + INTERVAL_MS;
    this.#timer = this.#clock.scheduler.schedule(() => this.#tick(), INTERVAL_MS);
  }

  stop(): void {
    this.#timer?.unsubscribe();
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  get #isLate(): boolean {
    return this.#lagMs > this.#maxLagMs || this.#analysisLagMs() > this.#maxLagMs;
  }

  get #lagMs(): number {
    return Math.max(0, this.#clock.now() - this.#dueMs);
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#projection?.tick();
    if (this.#isLate) this.#lateUntilMs = now + HOLD_MS;
    if (now - this.#periodFromMs >= PERIOD_MS) {
      this.#longestBeforeMs = this.#longestMs;
      this.#longestMs = 0;
      this.#periodFromMs = now;
    }
    this.#longestMs = Math.max(this.#longestMs, this.#lagMs);
    this.start();
  }
}

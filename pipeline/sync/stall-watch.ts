import type { SchedulerLike, Subscription } from 'rxjs';

/** Reports each key once when nothing arrives for it for `stallMs` of wall-clock time. Uses a single timer. */
export class StallWatch<K> {
  readonly #scheduler: SchedulerLike;
  readonly #stallMs: number;
  readonly #onStall: (key: K) => void;
  readonly #now: () => number;
  readonly #deadlines = new Map<K, number>();
  #timer: Subscription | null = null;

  /**
   * `stallMs` of `Infinity` never calls `onStall` and keeps no timer.
   *
   * @param now - monotonic, in ms: a scheduler's own time may be the wall clock's, which can be set.
   */
  constructor(
    scheduler: SchedulerLike,
    stallMs: number,
    onStall: (key: K) => void,
    now: () => number = () => scheduler.now(),
  ) {
    this.#scheduler = scheduler;
    this.#stallMs = stallMs;
    this.#onStall = onStall;
    this.#now = now;
  }

  /** Something arrived for the key: its time without arrivals restarts. */
  arrived(key: K): void {
    if (this.#stallMs === Number.POSITIVE_INFINITY) {
      return;
    }
    this.#deadlines.set(key, this.#now() + this.#stallMs);
    this.#timer ??= this.#scheduler.schedule(() => this.#check(), this.#stallMs);
  }

  /** Stops watching the key. */
  forget(key: K): void {
    this.#deadlines.delete(key);
    if (this.#deadlines.size === 0) {
      this.stop();
    }
  }

  /** Forgets every key and clears the timer. */
  stop(): void {
    this.#deadlines.clear();
    this.#timer?.unsubscribe();
    this.#timer = null;
  }

  #check(): void {
    this.#timer = null;
    const now = this.#now();
    const stalled: K[] = [];
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key, deadline] of this.#deadlines) {
      if (deadline <= now) {
        stalled.push(key);
      } else {
        nextMs = Math.min(nextMs, deadline);
      }
    }
    for (const key of stalled) {
      this.#deadlines.delete(key);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) {
      this.#timer = this.#scheduler.schedule(() => this.#check(), nextMs - now);
    }
    for (const key of stalled) {
      this.#onStall(key);
    }
  }
}

import type { Clock } from '../../../pipeline/index.ts';

/** How far the count of samples may fall behind the clock before it counts as a gap, in ms. */
const MAX_LAG_MS = 1000;

/**
 * Media time for a source that sends sound without times. It is the duration of the sound so far, plus gaps that are
 * longer than a network delay.
 */
export class ArrivalClock {
  readonly #clock: Clock;
  #beganAtMs: number | null = null;
  #countedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Places sound of `durationMs` that has just arrived, in ms since the first sound.
   * `resumed`: there was a gap before it.
   */
  place(durationMs: number): { readonly startMs: number; readonly resumed: boolean } {
    const now = this.#clock.now();
    this.#beganAtMs ??= now - durationMs;
    const heardMs = now - this.#beganAtMs - durationMs;
    const resumed = heardMs - this.#countedMs > MAX_LAG_MS;
    const startMs = resumed ? heardMs : this.#countedMs;
    this.#countedMs = startMs + durationMs;
    return { startMs, resumed };
  }
}

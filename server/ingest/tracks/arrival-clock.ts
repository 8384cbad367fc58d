import type { Clock } from '../../../pipeline/index.ts';

/** How far the count of samples may fall behind the clock before what is missing counts as a gap, in ms. */
const MAX_LAG_MS = 1000;

/**
 * Media time for a source that sends sound without saying when: what has come so far, and where nothing came for longer
 * than a network delays it, the time that went by.
 */
export class ArrivalClock {
  readonly #clock: Clock;
  #beganAtMs: number | null = null;
  #countedMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Where sound of `durationMs` that has just arrived begins, in ms since the first.
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

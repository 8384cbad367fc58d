/** Limits a rate. Holds up to `burst` tokens and gains `perSecond` tokens per second. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #updatedAtMs: number;

  /** `nowMs`: a monotonic time in ms, from the same clock as in {@link take}. */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#updatedAtMs = nowMs;
  }

  /** Takes `count` tokens. Returns false, and takes none, when there are fewer. */
  take(count: number, nowMs: number): boolean {
    const gained = ((nowMs - this.#updatedAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.max(this.#tokens, Math.min(this.#burst, this.#tokens + gained));
    this.#updatedAtMs = nowMs;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /**
   * Adds the tokens that `ms` of waiting would have gained, even above `burst`. Used when the taker did not cause the
   * wait.
   */
  makeUpFor(ms: number): void {
    this.#tokens += (ms / 1000) * this.#perSecond;
  }

  /** Returns tokens that were not used. */
  giveBack(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }
}

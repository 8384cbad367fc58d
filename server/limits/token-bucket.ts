/** Limits a rate: holds up to `burst` tokens and gains `perSecond` of them a second. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #updatedAtMs: number;

  /** `nowMs`: any monotonic time in ms, the same clock as in {@link take}. */
  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#updatedAtMs = nowMs;
  }

  /** Takes `count` tokens, or none and returns false when there are fewer. */
  take(count: number, nowMs: number): boolean {
    const gained = ((nowMs - this.#updatedAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.max(this.#tokens, Math.min(this.#burst, this.#tokens + gained));
    this.#updatedAtMs = nowMs;
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Puts in what `ms` of waiting would have gained, also beyond the burst: the time was not the taker's fault. */
  makeUpFor(ms: number): void {
    this.#tokens += (ms / 1000) * this.#perSecond;
  }

  /** Puts tokens back that turned out not to be used. */
  giveBack(count: number): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + count);
  }
}

/** Most nonces remembered: more than come in the time that one is worth remembering. */
const CAPACITY = 100_000;

/** Nonces, and names of tokens, that were used: for as long as they would still be taken. */
export class NonceCache {
  readonly #ttlS: number;
  /** Nonce to the time until which it counts; in the order of arrival. */
  readonly #usedUntilS = new Map<string, number>();

  constructor(ttlS: number) {
    this.#ttlS = ttlS;
  }

  get size(): number {
    return this.#usedUntilS.size;
  }

  /**
   * Uses a nonce; false when it was used before, or when no more can be remembered.
   *
   * @param untilS - how long it is worth remembering. Default: the time to live from now on.
   */
  take(nonce: string, nowS: number, untilS: number = nowS + this.#ttlS): boolean {
    const full = this.#usedUntilS.size >= CAPACITY;
    for (const [used, usedUntilS] of this.#usedUntilS) {
      if (usedUntilS <= nowS) this.#usedUntilS.delete(used);
      // What comes behind is newer. Only where there is no room is all of it looked through.
      else if (!full) break;
    }
    if (this.#usedUntilS.has(nonce) || this.#usedUntilS.size >= CAPACITY) return false;
    this.#usedUntilS.set(nonce, untilS);
    return true;
  }
}

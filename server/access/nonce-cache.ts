/** Nonces that are remembered at most. More than arrive within the lifetime of one. */
const MAX_NONCES = 100_000;

/** Remembers used nonces and used token names for as long as they would still be valid. */
export class NonceCache {
  readonly #ttlS: number;
  /** Nonce to the time until which it is remembered, in order of arrival. */
  readonly #usedUntilS = new Map<string, number>();

  constructor(ttlS: number) {
    this.#ttlS = ttlS;
  }

  get size(): number {
    return this.#usedUntilS.size;
  }

  /** Whether the nonce was used and is remembered. */
  has(nonce: string): boolean {
    return this.#usedUntilS.has(nonce);
  }

  /** Forgets a nonce, because what it was used for did not succeed. */
  forget(nonce: string): void {
    this.#usedUntilS.delete(nonce);
  }

  /**
   * Uses a nonce. Returns false when it was used before, or when the cache is full.
   *
   * @param untilS - until when the nonce is remembered. Default: the time to live from now on.
   */
  take(nonce: string, nowS: number, untilS: number = nowS + this.#ttlS): boolean {
    const full = this.#usedUntilS.size >= MAX_NONCES;
    for (const [used, usedUntilS] of this.#usedUntilS) {
      if (usedUntilS <= nowS) this.#usedUntilS.delete(used);
      // The following entries are newer. Search all of them only when the cache is full.
      else if (!full) break;
    }
    if (this.#usedUntilS.has(nonce) || this.#usedUntilS.size >= MAX_NONCES) return false;
    this.#usedUntilS.set(nonce, untilS);
    return true;
  }
}

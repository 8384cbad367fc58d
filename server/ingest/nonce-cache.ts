/** Most nonces remembered: more than come in the time that one is worth remembering. */
const CAPACITY = 100_000;

/** Nonces that were used, for as long as a signature with them would still be taken. */
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

  /** Uses a nonce; false when it was used before, or when no more can be remembered. */
  take(nonce: string, nowS: number): boolean {
    for (const [oldest, untilS] of this.#usedUntilS) {
      if (untilS > nowS) break;
      this.#usedUntilS.delete(oldest);
    }
    if (this.#usedUntilS.has(nonce) || this.#usedUntilS.size >= CAPACITY) return false;
    this.#usedUntilS.set(nonce, nowS + this.#ttlS);
    return true;
  }
}

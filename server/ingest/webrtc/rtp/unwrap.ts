/** Follows a counter of so many bits over its wraps: each value is taken as the one nearest to the newest. */
export class Unwrapper {
  readonly #modulus: number;
  #newest: number | null = null;

  constructor(bits: 16 | 32) {
    this.#modulus = 2 ** bits;
  }

  /** The value without wraps; it may lie before the newest, and below 0. */
  unwrap(value: number): number {
    const unwrapped = this.#newest === null ? value : this.#newest + this.#difference(value, this.#newest);
    this.#newest = Math.max(this.#newest ?? unwrapped, unwrapped);
    return unwrapped;
  }

  /** As {@link unwrap}, without becoming the newest. */
  peek(value: number): number {
    return this.#newest === null ? value : this.#newest + this.#difference(value, this.#newest);
  }

  #difference(value: number, newest: number): number {
    const forward = (((value - newest) % this.#modulus) + this.#modulus) % this.#modulus;
    return forward < this.#modulus / 2 ? forward : forward - this.#modulus;
  }
}

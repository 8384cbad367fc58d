/** Unwraps a counter of a given number of bits. Each value is taken as the one nearest to the newest. */
export class Unwrapper {
  readonly #modulus: number;
  #newest: number | null = null;

  constructor(bits: 16 | 32) {
    this.#modulus = 2 ** bits;
  }

  /** The unwrapped value. It may lie before the newest, and below 0. */
  unwrap(value: number): number {
    const unwrapped = this.#newest === null ? value : this.#newest + this.#difference(value, this.#newest);
    this.#newest = Math.max(this.#newest ?? unwrapped, unwrapped);
    return unwrapped;
  }

  /** Like {@link unwrap}, but the value does not become the newest. */
  peek(value: number): number {
    return this.#newest === null ? value : this.#newest + this.#difference(value, this.#newest);
  }

  #difference(value: number, newest: number): number {
    const forward = (((value - newest) % this.#modulus) + this.#modulus) % this.#modulus;
    return forward < this.#modulus / 2 ? forward : forward - this.#modulus;
  }
}

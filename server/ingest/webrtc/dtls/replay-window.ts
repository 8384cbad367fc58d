/** Tells numbers that came before from new ones (RFC 6347, 4.1.2.6). What is older than the window counts as seen. */
export class ReplayWindow {
  readonly #size: number;
  /** One byte per number of the window, at its remainder. */
  readonly #seen: Uint8Array;
  #newest: number | null = null;

  /** @param size - numbers behind the newest that are told apart. */
  constructor(size: number) {
    this.#size = size;
    this.#seen = new Uint8Array(size);
  }

  /** Whether a number is new; it is not noted by that. */
  isNew(sequence: number): boolean {
    if (this.#newest === null || sequence > this.#newest) return true;
    return this.#newest - sequence < this.#size && this.#seen[this.#placeOf(sequence)] === 0;
  }

  /** Notes a number whose bearer was found genuine. */
  note(sequence: number): void {
    const newest = this.#newest ?? sequence - 1;
    if (sequence - newest >= this.#size) this.#seen.fill(0);
    else for (let skipped = newest + 1; skipped < sequence; skipped += 1) this.#seen[this.#placeOf(skipped)] = 0;
    this.#newest = Math.max(newest, sequence);
    if (this.#newest - sequence < this.#size) this.#seen[this.#placeOf(sequence)] = 1;
  }

  #placeOf(sequence: number): number {
    return ((sequence % this.#size) + this.#size) % this.#size;
  }
}

/** Detects repeated numbers (RFC 6347, 4.1.2.6). A number older than the window counts as seen. */
export class ReplayWindow {
  readonly #size: number;
  /** One byte per number of the window, indexed by the number modulo the size. */
  readonly #seen: Uint8Array;
  #newest: number | null = null;

  /** @param size - how many numbers, counted back from the newest, are tracked. */
  constructor(size: number) {
    this.#size = size;
    this.#seen = new Uint8Array(size);
  }

  /** Whether a number is new. Does not record it. */
  isNew(sequence: number): boolean {
    if (this.#newest === null || sequence > this.#newest) return true;
    return this.#newest - sequence < this.#size && this.#seen[this.#placeOf(sequence)] === 0;
  }

  /** Records the number of an authenticated record. */
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

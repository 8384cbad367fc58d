/** Counts numbers that a source skipped. */
export class SequenceWatch {
  #next: number | null = null;

  /** How many numbers are missing before this one. 0 for the first number, and for one that is not ahead. */
  missingBefore(number: number): number {
    const missing = this.#next === null ? 0 : Math.max(0, number - this.#next);
    this.#next = Math.max(this.#next ?? 0, number + 1);
    return missing;
  }
}

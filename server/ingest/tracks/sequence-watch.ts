/** Unexpected numbers in a row that show that a source counts anew. */
const MIN_ROW = 10;

/** Numbers that may be missing at a time. A source that skips more at once has started to count anew. */
const MAX_MISSING = 500;

/** Counts numbers that a source skipped. A number that still comes within the jitter budget was only late. */
export class SequenceWatch {
  readonly #jitterMs: number;
  /** When each missing number was first missed. In the order of the numbers. */
  readonly #missing = new Map<number, number>();
  #next: number | null = null;
  /** The last unexpected number, and how many came in a row. */
  #unexpected: number | null = null;
  #row = 0;

  /** @param jitterMs - how long a number may be late. */
  constructor(jitterMs: number) {
    this.#jitterMs = jitterMs;
  }

  /** Takes the next number that arrived. Returns how many numbers are lost by now and have not been counted before. */
  lostAt(number: number, nowMs: number): number {
    const next = this.#next ?? number;
    if (number >= next && number - next <= MAX_MISSING) {
      for (let missing = next; missing < number; missing += 1) this.#missing.set(missing, nowMs);
      this.#next = number + 1;
      this.#unexpected = null;
    } else if (this.#missing.delete(number)) {
      // It was only late.
    } else {
      this.#row = number - 1 === this.#unexpected ? this.#row + 1 : 1;
      this.#unexpected = number;
      if (this.#row >= MIN_ROW) this.#next = number + 1;
    }
    return this.#expire(nowMs - this.#jitterMs) + this.#overflow();
  }

  /** The source has ended. Returns how many numbers never came and have not been counted before. */
  end(): number {
    return this.#expire(Number.POSITIVE_INFINITY);
  }

  #overflow(): number {
    let lost = 0;
    for (const number of this.#missing.keys()) {
      if (this.#missing.size <= MAX_MISSING) break;
      this.#missing.delete(number);
      lost += 1;
    }
    return lost;
  }

  #expire(untilMs: number): number {
    let lost = 0;
    for (const [number, sinceMs] of this.#missing) {
      if (sinceMs >= untilMs) break;
      this.#missing.delete(number);
      lost += 1;
    }
    return lost;
  }
}

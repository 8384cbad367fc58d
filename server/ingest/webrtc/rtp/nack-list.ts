/** Time a missing packet has to arrive by itself, in ms: many are only out of order. */
const PATIENCE_MS = 20;
/** Time between two requests for one packet, in ms: a little more than most round trips. */
const REPEAT_MS = 90;
/** Requests for one packet. */
const MAX_REQUESTS = 8;
/** Packets that may be missing at once; more than that is a break, not a loss. */
const MAX_MISSING = 256;

interface Missing {
  readonly sinceMs: number;
  requestedMs: number;
  requests: number;
}

/** Which packets to ask for again (RFC 4585, generic NACK). Pure: the caller tells the time. */
export class NackList {
  readonly #missing = new Map<number, Missing>();
  #highest: number | null = null;

  /** A packet came, first or late, original or repeated. `sequence` is without wraps. */
  arrived(sequence: number, nowMs: number): void {
    this.#missing.delete(sequence);
    if (this.#highest === null || sequence <= this.#highest) {
      this.#highest ??= sequence;
      return;
    }
    if (sequence - this.#highest - 1 > MAX_MISSING) this.#missing.clear();
    else {
      for (let lost = this.#highest + 1; lost < sequence; lost += 1) {
        this.#missing.set(lost, { sinceMs: nowMs, requestedMs: Number.NEGATIVE_INFINITY, requests: 0 });
      }
      while (this.#missing.size > MAX_MISSING) this.#missing.delete(this.#missing.keys().next().value!);
    }
    this.#highest = sequence;
  }

  /** Packets before this one are no longer wanted. */
  forget(before: number): void {
    for (const sequence of this.#missing.keys()) {
      if (sequence < before) this.#missing.delete(sequence);
    }
  }

  /** What is to be asked for now, ascending; it counts as asked. */
  due(nowMs: number): number[] {
    const due: number[] = [];
    for (const [sequence, missing] of this.#missing) {
      if (nowMs - missing.sinceMs < PATIENCE_MS || nowMs - missing.requestedMs < REPEAT_MS) continue;
      if (missing.requests === MAX_REQUESTS) {
        this.#missing.delete(sequence);
        continue;
      }
      missing.requestedMs = nowMs;
      missing.requests += 1;
      due.push(sequence);
    }
    return due;
  }
}

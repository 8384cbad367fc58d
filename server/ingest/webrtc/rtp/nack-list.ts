/** How long a missing packet may still arrive by itself, in ms. Many packets are only out of order. */
const PATIENCE_MS = 20;
/** Time between two requests for one packet, in ms: slightly more than most round trips. */
const REPEAT_MS = 90;
/** Maximum number of requests per packet. */
const MAX_REQUESTS = 8;
/** Packets that may be missing at once. More than that counts as an interruption, not as loss. */
const MAX_MISSING = 256;

interface Missing {
  readonly sinceMs: number;
  requestedMs: number;
  requests: number;
}

/** Decides which packets to request again (RFC 4585, generic NACK). Pure: the caller passes the time. */
export class NackList {
  readonly #missing = new Map<number, Missing>();
  #highest: number | null = null;

  /** A packet arrived, first or late, original or repeated. `sequence` is unwrapped. */
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

  /** Packets to request now, ascending. They count as requested. */
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

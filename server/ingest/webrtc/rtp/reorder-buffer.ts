export interface ReorderBufferOptions {
  /** How long to wait for missing packets, in ms, from the arrival of the first packet after them. */
  readonly waitMs: number;
  /** Packets that may wait for a missing one. One more, and the missing one is given up. */
  readonly capacity: number;
}

export interface Released<T> {
  readonly value: T;
  /** Whether packets right before this one were given up. */
  readonly afterLoss: boolean;
}

interface Held<T> {
  readonly value: T;
  readonly arrivedMs: number;
}

/** Orders numbered packets. A packet that continues the order passes at once. Pure: the caller passes the time. */
export class ReorderBuffer<T> {
  readonly #options: ReorderBufferOptions;
  readonly #held = new Map<number, Held<T>>();
  #next: number | null = null;
  #lost = 0;
  #late = 0;

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** Numbers that never arrived and were given up. */
  get lost(): number {
    return this.#lost;
  }

  /** Packets that arrived twice or after they had been given up. */
  get late(): number {
    return this.#late;
  }

  /** The lowest number that is not yet released. Null before the first packet. */
  get next(): number | null {
    return this.#next;
  }

  has(sequence: number): boolean {
    return this.#next !== null && (sequence < this.#next || this.#held.has(sequence));
  }

  /**
   * @param sequence - the packet's number, unwrapped.
   * @param nowMs - monotonic.
   * @returns the packets that are now in order.
   */
  push(sequence: number, value: T, nowMs: number): Released<T>[] {
    this.#next ??= sequence;
    if (this.has(sequence)) {
      this.#late += 1;
      return this.#release(nowMs);
    }
    this.#held.set(sequence, { value, arrivedMs: nowMs });
    return this.#release(nowMs);
  }

  /** Returns all waiting packets in order. No more packets follow. */
  flush(): Released<T>[] {
    return this.#release(Number.POSITIVE_INFINITY);
  }

  #release(nowMs: number): Released<T>[] {
    const released: Released<T>[] = [];
    let afterLoss = false;
    while (this.#held.size > 0) {
      const held = this.#held.get(this.#next!);
      if (held !== undefined) {
        this.#held.delete(this.#next!);
        this.#next! += 1;
        released.push({ value: held.value, afterLoss });
        afterLoss = false;
      } else if (this.#held.size > this.#options.capacity || this.#waitedMs(nowMs) >= this.#options.waitMs) {
        const first = Math.min(...this.#held.keys());
        this.#lost += first - this.#next!;
        this.#next = first;
        afterLoss = true;
      } else {
        break;
      }
    }
    return released;
  }

  /** How long the packets before the first waiting one have been known to be missing. */
  #waitedMs(nowMs: number): number {
    let since = Number.POSITIVE_INFINITY;
    for (const { arrivedMs } of this.#held.values()) since = Math.min(since, arrivedMs);
    return nowMs - since;
  }
}

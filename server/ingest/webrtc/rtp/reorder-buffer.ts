export interface ReorderBufferOptions {
  /** How long a hole is waited for, in ms, from the arrival of the first packet behind it. */
  readonly waitMs: number;
  /** Packets that may wait behind a hole; at one more the hole is given up. */
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

/** Puts numbered packets in order; what continues the order passes at once. Pure: the caller tells the time. */
export class ReorderBuffer<T> {
  readonly #options: ReorderBufferOptions;
  readonly #held = new Map<number, Held<T>>();
  #next: number | null = null;
  #lost = 0;
  #late = 0;

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** Numbers that were waited for in vain. */
  get lost(): number {
    return this.#lost;
  }

  /** Packets that came twice, or after they had been given up. */
  get late(): number {
    return this.#late;
  }

  /** The lowest number that is not yet released; null before the first packet. */
  get next(): number | null {
    return this.#next;
  }

  has(sequence: number): boolean {
    return this.#next !== null && (sequence < this.#next || this.#held.has(sequence));
  }

  /**
   * @param sequence - the packet's number, without wraps.
   * @param nowMs - monotonic.
   * @returns what is in order by now.
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

  /** Everything that is held, in order: nothing more follows. */
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

  /** How long the hole before the first held packet has been known. */
  #waitedMs(nowMs: number): number {
    let since = Number.POSITIVE_INFINITY;
    for (const { arrivedMs } of this.#held.values()) since = Math.min(since, arrivedMs);
    return nowMs - since;
  }
}

/** Why an item left a {@link FairQueue} before its turn: its own flow was full, or the whole queue was. */
export type FairQueueDropReason = 'flow-full' | 'queue-full';

export interface FairQueueDrop<T> {
  readonly item: T;
  readonly reason: FairQueueDropReason;
}

export interface FairQueueOptions {
  /** Largest sum of the waiting sizes, above 0. */
  readonly maxSize: number;
  /** Largest sum of the waiting sizes of one flow, above 0. Default: `maxSize`. */
  readonly maxFlowSize?: number;
}

interface Entry<T> {
  readonly item: T;
  readonly cost: number;
  readonly size: number;
}

interface Flow<T> {
  readonly name: string;
  readonly entries: Entry<T>[];
  size: number;
  /** What the flow has used, on the queue's virtual clock. The flow with the least is next. */
  had: number;
}

const NONE: readonly never[] = [];
/** Idle flows whose last turns are remembered. */
const MAX_REMEMBERED = 1024;

/**
 * Shares one resource fairly between flows (sessions). Items of one flow leave in the order in which they arrived.
 * Among flows, the one that has used the least goes first, counted in `cost` (tokens, frames, milliseconds) and not in
 * items. This is start-time fair queueing. Two flows that both wait never differ by more than one item of each.
 *
 * An idle flow gains no credit. It restarts where a flow that was always present would be on average.
 *
 * Bounded per flow and in all. A full flow drops its own oldest item. A full queue drops the oldest item of the flow
 * that holds the most.
 *
 * Pure: no time, no promises. A call examines each waiting flow at most once.
 */
export class FairQueue<T> {
  readonly #maxSize: number;
  readonly #maxFlowSize: number;
  readonly #flows = new Map<string, Flow<T>>();
  /** Idle flows that are ahead of the virtual clock, oldest first. */
  readonly #remembered = new Map<string, number>();
  #clock = 0;
  #size = 0;
  #length = 0;

  /** @throws RangeError when a bound is not above 0 */
  constructor({ maxSize, maxFlowSize = maxSize }: FairQueueOptions) {
    for (const [option, value] of Object.entries({ maxSize, maxFlowSize })) {
      if (!(value > 0)) throw new RangeError(`${option} must be above 0, not ${value}`);
    }
    this.#maxSize = maxSize;
    this.#maxFlowSize = maxFlowSize;
  }

  /** Items that wait. */
  get length(): number {
    return this.#length;
  }

  /** Sum of the sizes that wait. */
  get size(): number {
    return this.#size;
  }

  /** Flows that wait. */
  get flowCount(): number {
    return this.#flows.size;
  }

  /** Sum of the sizes of one flow that wait. */
  sizeOf(flow: string): number {
    return this.#flows.get(flow)?.size ?? 0;
  }

  /**
   * Adds an item at the end of its flow. Returns the items dropped for it, possibly the item itself.
   *
   * @param cost - cost of serving the item, above 0, in the queue's own unit
   * @param size - size of the waiting item, 0 or more. Default 1
   * @throws RangeError when `cost` or `size` is out of range
   */
  push(flow: string, item: T, cost = 1, size = 1): readonly FairQueueDrop<T>[] {
    if (!(cost > 0 && cost < Number.POSITIVE_INFINITY)) throw new RangeError(`cost must be above 0, not ${cost}`);
    if (!(size >= 0)) throw new RangeError(`size must be 0 or more, not ${size}`);
    if (size > this.#maxFlowSize) return [{ item, reason: 'flow-full' }];
    const known = this.#flows.get(flow) ?? this.#wake(flow);
    let drops: FairQueueDrop<T>[] | null = null;
    while (known.size + size > this.#maxFlowSize) {
      drops ??= [];
      drops.push({ item: this.#remove(known, 0).item, reason: 'flow-full' });
    }
    known.entries.push({ item, cost, size });
    known.size += size;
    this.#size += size;
    this.#length += 1;
    this.#flows.set(flow, known);
    while (this.#size > this.#maxSize) {
      const heaviest = this.#heaviest();
      drops ??= [];
      drops.push({ item: this.#remove(heaviest, 0).item, reason: 'queue-full' });
      if (heaviest.entries.length === 0) this.#rest(heaviest);
    }
    return drops ?? NONE;
  }

  /**
   * Takes the next item; undefined if none waits. With `accepts`: the oldest accepted item of the flow that has used the
   * least, among flows with an accepted item.
   */
  take(accepts?: (item: T) => boolean): T | undefined {
    const next = this.#next(accepts);
    return next && this.#serve(next, indexOf(next, accepts));
  }

  /** As {@link take}, but a flow whose oldest item is not accepted waits as a whole. */
  takeHead(accepts: (item: T) => boolean): T | undefined {
    let next: Flow<T> | undefined;
    for (const flow of this.#flows.values()) {
      if ((next === undefined || flow.had < next.had) && accepts(flow.entries[0]!.item)) next = flow;
    }
    return next && this.#serve(next, 0);
  }

  /** The oldest item of each flow. */
  heads(): T[] {
    return Array.from(this.#flows.values(), ({ entries }) => entries[0]!.item);
  }

  /** The item that {@link take} would take. */
  peek(accepts?: (item: T) => boolean): T | undefined {
    const next = this.#next(accepts);
    return next?.entries[indexOf(next, accepts)]?.item;
  }

  /** Charges a flow `cost` more than its items stated, for example when the true cost is known after the work. */
  charge(flow: string, cost: number): void {
    const waiting = this.#flows.get(flow);
    const had = waiting?.had ?? Math.max(this.#clock, this.#remembered.get(flow) ?? 0);
    this.#advance(cost, this.#flows.size + (waiting === undefined ? 1 : 0));
    if (waiting !== undefined) waiting.had += cost;
    else this.#remember(flow, had + cost);
  }

  /** Takes everything, flow by flow. */
  clear(): T[] {
    const items = [...this.#flows.values()].flatMap(({ entries }) => entries.map(({ item }) => item));
    this.#flows.clear();
    this.#remembered.clear();
    this.#size = 0;
    this.#length = 0;
    return items;
  }

  #serve(next: Flow<T>, index: number): T {
    const { item, cost } = this.#remove(next, index);
    this.#clock = Math.max(this.#clock, next.had);
    this.#advance(cost, this.#flows.size);
    next.had += cost;
    if (next.entries.length === 0) this.#rest(next);
    return item;
  }

  /**
   * Divides the served cost among the flows and one possible newcomer. Newcomers, however many, then start behind the
   * flows that wait.
   */
  #advance(cost: number, flows: number): void {
    this.#clock += cost / (flows + 1);
  }

  #next(accepts: ((item: T) => boolean) | undefined): Flow<T> | undefined {
    let next: Flow<T> | undefined;
    for (const flow of this.#flows.values()) {
      if ((next === undefined || flow.had < next.had) && indexOf(flow, accepts) >= 0) next = flow;
    }
    return next;
  }

  #wake(name: string): Flow<T> {
    const had = Math.max(this.#clock, this.#remembered.get(name) ?? 0);
    this.#remembered.delete(name);
    return { name, entries: [], size: 0, had };
  }

  #rest({ name, had }: Flow<T>): void {
    this.#flows.delete(name);
    this.#remember(name, had);
  }

  #remember(name: string, had: number): void {
    this.#remembered.delete(name);
    if (had <= this.#clock) return;
    this.#remembered.set(name, had);
    if (this.#remembered.size > MAX_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
  }

  #remove(flow: Flow<T>, index: number): Entry<T> {
    const entry = index === 0 ? flow.entries.shift()! : flow.entries.splice(index, 1)[0]!;
    flow.size -= entry.size;
    this.#size -= entry.size;
    this.#length -= 1;
    return entry;
  }

  #heaviest(): Flow<T> {
    let heaviest: Flow<T> | undefined;
    for (const flow of this.#flows.values()) {
      if (heaviest === undefined || flow.size > heaviest.size) heaviest = flow;
    }
    return heaviest!;
  }
}

/** Index of the flow's oldest accepted item; −1 if there is none. */
function indexOf<T>({ entries }: Flow<T>, accepts: ((item: T) => boolean) | undefined): number {
  return accepts === undefined ? 0 : entries.findIndex(({ item }) => accepts(item));
}

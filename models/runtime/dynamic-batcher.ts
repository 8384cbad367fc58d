import { firstLine, ModelError } from '../model-error.ts';
import { systemTimers, type Timers } from '../timers.ts';
import { FairQueue, type FairQueueDropReason } from './fair-queue.ts';

export interface DynamicBatcherOptions {
  /** Most items of one batch, ≥ 1. */
  readonly maxBatch: number;
  /**
   * Highest cost of one batch. Because of padding, each item counts as much as the most expensive one. An item that costs
   * more runs alone. Default: no bound.
   */
  readonly maxBatchCost?: number;
  /**
   * How long an idle batcher waits for more items before it runs a batch that is not full, ms, ≥ 0. With 0 (the
   * default) it waits only for the items of the same turn of the event loop. Items also gather while batches run.
   */
  readonly maxWaitMs?: number;
  /** Most waiting items, ≥ 1. One more rejects the oldest of the flow that has the most as `overloaded`. */
  readonly maxQueue: number;
  /** Most waiting items per flow, ≥ 1. One more rejects the flow's oldest. Default: `maxQueue`. */
  readonly maxFlowQueue?: number;
  /** Most batches that run at the same time. Default 1. */
  readonly concurrency?: number;
  /** Highest cost of all batches that run at the same time. Above it, one batch runs alone. Default: no bound. */
  readonly maxRunningCost?: number;
  readonly timers?: Timers;
}

export interface BatchLineOptions<I, O> {
  /** Names the queue in errors, for example `text encoder`. */
  readonly name: string;
  /** Cost of an item, above 0, in a unit that all lines of the batcher share. Default 1. */
  readonly costOf?: (item: I) => number;
  /** Most items of one batch of this kind, ≥ 1. Default: the batcher's `maxBatch`. */
  readonly maxBatch?: number;
  /** Highest cost of one batch of this kind. Default: the batcher's `maxBatchCost`. */
  readonly maxBatchCost?: number;
  /** Whether each item of a batch is padded to the size of the largest. If not, a batch costs the sum. Default true. */
  readonly isPadded?: boolean;
  /** Most batches of this kind that run at the same time. Default: the batcher's `concurrency`. */
  readonly concurrency?: number;
  /** Computes a batch. Resolves to one result per item in the same order. An `Error` rejects only its item. */
  readonly runBatch: (items: readonly I[]) => Promise<readonly (O | Error)[]>;
}

export interface BatcherStats {
  /** Items that wait now. */
  readonly queueDepth: number;
  /** Items in running batches. */
  readonly running: number;
  /** Totals since the start. */
  readonly batches: number;
  readonly items: number;
  /** Items dropped because too many waited in their flow (`flow-full`) or in all flows (`queue-full`). */
  readonly dropped: Readonly<Record<FairQueueDropReason, number>>;
}

/** One kind of item that a batcher computes. */
export interface BatchLine<I, O> {
  /**
   * Resolves to the item's result. Rejects with a `ModelError` (`overloaded`, `closed`, or `failed` when the whole
   * batch failed) or with the item's own error.
   *
   * @param flow - the session whose turn the item uses. Default: one flow that all share
   */
  submit(item: I, flow?: string): Promise<O>;
  stats(): BatcherStats;
}

export interface DynamicBatcher {
  /** Adds a kind of item. A batch holds one kind. All kinds of a flow count towards its share. */
  open<I, O>(line: BatchLineOptions<I, O>): BatchLine<I, O>;
  /** Rejects what waits as `closed` and lets running batches finish. */
  close(): Promise<void>;
}

/** State of a line. */
interface Line {
  readonly name: string;
  readonly runBatch: (items: readonly never[]) => Promise<readonly unknown[]>;
  readonly maxBatch: number;
  readonly maxBatchCost: number;
  readonly isPadded: boolean;
  readonly concurrency: number;
  waiting: number;
  running: number;
  runningBatches: number;
  batches: number;
  items: number;
  readonly dropped: Record<FairQueueDropReason, number>;
  /** The oldest waiting item has waited long enough. */
  due: boolean;
  cancelWait: (() => void) | null;
}

interface Entry {
  readonly line: Line;
  readonly item: unknown;
  readonly cost: number;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Joins items of many callers into batches. Items of one flow run in the order of arrival; flows take turns by cost
 * ({@link FairQueue}), so that a batch is filled from several of them.
 *
 * @throws RangeError when an option is out of range
 */
export function createDynamicBatcher(options: DynamicBatcherOptions): DynamicBatcher {
  const { maxBatch, maxWaitMs = 0, maxQueue, maxFlowQueue = maxQueue, concurrency = 1 } = options;
  const { maxBatchCost = Number.POSITIVE_INFINITY, maxRunningCost = Number.POSITIVE_INFINITY } = options;
  const { timers = systemTimers } = options;
  for (const [option, value] of Object.entries({ maxBatch, maxQueue, maxFlowQueue, concurrency })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${option} must be a whole number of at least 1, not ${value}`);
  }
  for (const [option, value] of Object.entries({ maxBatchCost, maxRunningCost })) {
    if (!(value > 0)) throw new RangeError(`${option} must be above 0, not ${value}`);
  }
  if (!(maxWaitMs >= 0)) throw new RangeError(`maxWaitMs must be 0 or more, not ${maxWaitMs}`);

  const queue = new FairQueue<Entry>({ maxSize: maxQueue, maxFlowSize: maxFlowQueue });
  const active = new Set<Promise<void>>();
  let runningCost = 0;
  let closed = false;

  function startWait(line: Line): void {
    if (maxWaitMs > 0) {
      line.cancelWait = timers.after(maxWaitMs, () => endWait(line));
      return;
    }
    let cancelled = false;
    line.cancelWait = () => {
      cancelled = true;
    };
    queueMicrotask(() => {
      if (!cancelled) endWait(line);
    });
  }

  function endWait(line: Line): void {
    line.cancelWait = null;
    line.due = true;
    dispatch();
  }

  function isRunnable({ line }: Entry): boolean {
    return line.runningBatches < line.concurrency && (line.due || isFull(line));
  }

  /** Whether so many items of a line wait that the batcher does not wait for more. */
  function isFull(line: Line): boolean {
    return line.waiting >= Math.min(line.maxBatch, maxFlowQueue);
  }

  function dispatch(): void {
    while (active.size < concurrency) {
      const first = queue.peek(isRunnable);
      if (first === undefined || (active.size > 0 && runningCost + first.cost > maxRunningCost)) return;
      start(fill(take(isRunnable)!));
    }
  }

  function fill(first: Entry): Entry[] {
    const batch = [first];
    const { maxBatch, maxBatchCost, isPadded } = first.line;
    let dearest = first.cost;
    let sum = first.cost;
    const fits = ({ line, cost }: Entry): boolean =>
      line === first.line && (isPadded ? (batch.length + 1) * Math.max(dearest, cost) : sum + cost) <= maxBatchCost;
    while (batch.length < maxBatch) {
      const next = take(fits);
      if (next === undefined) break;
      batch.push(next);
      dearest = Math.max(dearest, next.cost);
      sum += next.cost;
    }
    return batch;
  }

  function take(accepts: (entry: Entry) => boolean): Entry | undefined {
    const entry = queue.take(accepts);
    if (entry !== undefined) leave(entry.line);
    return entry;
  }

  /** An item of the line no longer waits. */
  function leave(line: Line): void {
    line.waiting -= 1;
    if (line.waiting > 0) return;
    line.due = false;
    line.cancelWait?.();
    line.cancelWait = null;
  }

  function start(batch: readonly Entry[]): void {
    const { line } = batch[0]!;
    const cost = batch.reduce((sum, entry) => sum + entry.cost, 0);
    line.batches += 1;
    line.items += batch.length;
    line.running += batch.length;
    line.runningBatches += 1;
    runningCost += cost;
    const run = compute(line, batch).then((results) => {
      line.running -= batch.length;
      line.runningBatches -= 1;
      active.delete(run);
      runningCost = active.size === 0 ? 0 : runningCost - cost;
      // Handling the results may take a while. The next batch need not wait for it.
      dispatch();
      for (const [index, entry] of batch.entries()) {
        const result = results[index];
        if (result instanceof Error) entry.reject(result);
        else entry.resolve(result);
      }
    });
    active.add(run);
  }

  /** One result per item; never rejects. */
  async function compute(line: Line, batch: readonly Entry[]): Promise<readonly unknown[]> {
    try {
      const results = await line.runBatch(batch.map(({ item }) => item as never));
      if (results.length !== batch.length) {
        throw new RangeError(`${results.length} results for a batch of ${batch.length}`);
      }
      return results;
    } catch (error) {
      const failure =
        error instanceof ModelError ? error : ModelError.failed(`The ${line.name} failed: ${firstLine(error)}`, error);
      return batch.map(() => failure);
    }
  }

  function enqueue(flow: string, entry: Entry): void {
    const { line } = entry;
    line.waiting += 1;
    for (const { item: dropped, reason } of queue.push(flow, entry, entry.cost)) {
      dropped.line.dropped[reason] += 1;
      leave(dropped.line);
      dropped.reject(ModelError.overloaded(dropped.line.name));
    }
    if (isFull(line)) dispatch();
    if (line.waiting > 0 && !line.due && line.cancelWait === null) startWait(line);
  }

  return {
    open<I, O>({ name, costOf = () => 1, runBatch, ...lineLimits }: BatchLineOptions<I, O>): BatchLine<I, O> {
      const limits = { maxBatch, maxBatchCost, isPadded: true, concurrency, ...lineLimits };
      const counters = { waiting: 0, running: 0, runningBatches: 0, batches: 0, items: 0 };
      const dropped = { 'flow-full': 0, 'queue-full': 0 };
      const line: Line = { name, runBatch, ...limits, ...counters, dropped, due: false, cancelWait: null };
      return {
        submit(item, flow = '') {
          if (closed) return Promise.reject(ModelError.closed(name));
          return new Promise<O>((resolve, reject) => {
            enqueue(flow, { line, item, cost: costOf(item), resolve: resolve as Entry['resolve'], reject });
          });
        },
        stats: () => ({
          queueDepth: line.waiting,
          running: line.running,
          batches: line.batches,
          items: line.items,
          dropped: { ...line.dropped },
        }),
      };
    },
    async close() {
      closed = true;
      for (const entry of queue.clear()) {
        leave(entry.line);
        entry.reject(ModelError.closed(entry.line.name));
      }
      await Promise.all(active);
    },
  };
}

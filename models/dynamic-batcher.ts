import { firstLine, ModelError } from './model-error.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface DynamicBatcherOptions<I, O> {
  /** Names the queue in errors, for example `text encoder`. */
  readonly name: string;
  /** Items of one batch at most, ≥ 1. */
  readonly maxBatch: number;
  /**
   * How long an idle batcher waits for more items before it runs a batch that is not full, ms, ≥ 0. With 0 (the
   * default) it waits only for the items of the same turn of the event loop. While batches run, items gather anyway.
   */
  readonly maxWaitMs?: number;
  /** Waiting items at most, ≥ 1; one more rejects the oldest as `overloaded`. */
  readonly maxQueue: number;
  /** Batches that run at the same time. Default 1. */
  readonly concurrency?: number;
  /** Computes a batch. Resolves to one result an item in the same order; an `Error` rejects its item alone. */
  readonly runBatch: (items: readonly I[]) => Promise<readonly (O | Error)[]>;
  readonly timers?: Timers;
}

export interface BatcherStats {
  /** Items that wait now. */
  readonly queueDepth: number;
  /** Items in running batches. */
  readonly running: number;
  /** Totals since the start. */
  readonly batches: number;
  readonly items: number;
  readonly dropped: number;
}

export interface DynamicBatcher<I, O> {
  /**
   * Resolves to the item's result. Rejects with a `ModelError` (`overloaded`, `closed`, or `failed` when the whole
   * batch failed) or with the item's own error.
   */
  submit(item: I): Promise<O>;
  stats(): BatcherStats;
  /** Rejects what waits as `closed` and lets running batches finish. */
  close(): Promise<void>;
}

interface Entry<I, O> {
  readonly item: I;
  resolve(result: O): void;
  reject(error: Error): void;
}

/**
 * Joins items of many callers into batches, in the order of arrival.
 *
 * @throws RangeError when an option is out of range
 */
export function createDynamicBatcher<I, O>(options: DynamicBatcherOptions<I, O>): DynamicBatcher<I, O> {
  const { name, maxBatch, maxWaitMs = 0, maxQueue, concurrency = 1, runBatch, timers = systemTimers } = options;
  for (const [option, value] of Object.entries({ maxBatch, maxQueue, concurrency })) {
    if (!Number.isInteger(value) || value < 1)
      throw new RangeError(`${option} must be an integer from 1 on, is ${value}`);
  }
  if (!(maxWaitMs >= 0)) throw new RangeError(`maxWaitMs must be 0 or more, is ${maxWaitMs}`);

  /** So many waiting items are not worth waiting for more. */
  const fullAt = Math.min(maxBatch, maxQueue);
  const waiting: Entry<I, O>[] = [];
  const active = new Set<Promise<void>>();
  let cancelWait: (() => void) | null = null;
  /** The oldest waiting item has waited long enough. */
  let due = false;
  let closed = false;
  let running = 0;
  let batches = 0;
  let items = 0;
  let dropped = 0;

  function startWait(): void {
    if (maxWaitMs > 0) {
      cancelWait = timers.after(maxWaitMs, endWait);
      return;
    }
    let cancelled = false;
    cancelWait = () => {
      cancelled = true;
    };
    queueMicrotask(() => {
      if (!cancelled) endWait();
    });
  }

  function endWait(): void {
    cancelWait = null;
    due = true;
    dispatch();
  }

  function dispatch(): void {
    while (active.size < concurrency && waiting.length > 0 && (due || waiting.length >= fullAt)) {
      const batch = waiting.splice(0, maxBatch);
      if (waiting.length === 0) {
        due = false;
        cancelWait?.();
        cancelWait = null;
      }
      const run = runEntries(batch).finally(() => {
        active.delete(run);
        dispatch();
      });
      active.add(run);
    }
  }

  async function runEntries(batch: readonly Entry<I, O>[]): Promise<void> {
    batches += 1;
    items += batch.length;
    running += batch.length;
    try {
      const results = await runBatch(batch.map(({ item }) => item));
      if (results.length !== batch.length) {
        throw new RangeError(`${results.length} results for a batch of ${batch.length}`);
      }
      for (const [index, entry] of batch.entries()) {
        const result = results[index] as O | Error;
        if (result instanceof Error) entry.reject(result);
        else entry.resolve(result);
      }
    } catch (error) {
      const failure =
        error instanceof ModelError ? error : ModelError.failed(`The ${name} failed: ${firstLine(error)}`, error);
      for (const entry of batch) entry.reject(failure);
    } finally {
      running -= batch.length;
    }
  }

  return {
    submit(item) {
      if (closed) return Promise.reject(ModelError.closed(name));
      return new Promise<O>((resolve, reject) => {
        if (waiting.length >= maxQueue) {
          dropped += 1;
          waiting.shift()?.reject(ModelError.overloaded(name));
        }
        waiting.push({ item, resolve, reject });
        if (waiting.length >= fullAt) dispatch();
        if (waiting.length > 0 && !due && cancelWait === null) startWait();
      });
    },
    stats: () => ({ queueDepth: waiting.length, running, batches, items, dropped }),
    async close() {
      closed = true;
      cancelWait?.();
      cancelWait = null;
      for (const entry of waiting.splice(0)) entry.reject(ModelError.closed(name));
      await Promise.all(active);
    },
  };
}

/** A `runBatch` whose batches run until the test ends them. */
export interface HeldBatches {
  readonly runBatch: (items: readonly number[]) => Promise<readonly (number | Error)[]>;
  /** All batches that were started. */
  readonly started: readonly (readonly number[])[];
  /** Number of running batches. */
  readonly running: number;
  /** Ends the oldest running batch with `result`. Default: ten times each item. */
  end(result?: readonly (number | Error)[] | Error): Promise<void>;
}

export function holdBatches(): HeldBatches {
  const started: (readonly number[])[] = [];
  const held: {
    readonly items: readonly number[];
    readonly batch: PromiseWithResolvers<readonly (number | Error)[]>;
  }[] = [];
  return {
    runBatch(items) {
      started.push(items);
      const batch = Promise.withResolvers<readonly (number | Error)[]>();
      held.push({ items, batch });
      return batch.promise;
    },
    started,
    get running() {
      return held.length;
    },
    async end(result) {
      const next = held.shift();
      if (next === undefined) throw new Error('no batch is running');
      if (result instanceof Error) next.batch.reject(result);
      else next.batch.resolve(result ?? next.items.map((item) => item * 10));
      await settle();
    },
  };
}

/** Waits until all pending microtasks have run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

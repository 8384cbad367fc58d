/** A `runBatch` whose batches run until the test ends them. */
export interface HeldBatches {
  readonly runBatch: (items: readonly number[]) => Promise<readonly (number | Error)[]>;
  /** Every batch ever run. */
  readonly started: readonly (readonly number[])[];
  /** Batches that run now. */
  readonly running: number;
  /** Ends the oldest running batch with `result`; without one, each item becomes ten times itself. */
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

/** Lets everything that only waits for microtasks happen. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

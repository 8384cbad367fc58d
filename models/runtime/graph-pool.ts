import type { GraphWorker } from './graph-worker.ts';
import type { GraphRunner } from './tensor.ts';

/**
 * Spreads runs over workers that hold the same graphs: each goes to the worker with the fewest unanswered requests.
 * Closing the pool closes the workers.
 *
 * @throws RangeError when there is no worker
 */
export function poolGraphWorkers(workers: readonly GraphWorker[]): GraphRunner {
  const [first, ...others] = workers;
  if (first === undefined) throw new RangeError('a pool needs at least one worker');
  return {
    run(graph, feeds) {
      let idlest = first;
      for (const worker of others) {
        if (worker.stats().pending < idlest.stats().pending) idlest = worker;
      }
      return idlest.run(graph, feeds);
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.close()));
    },
  };
}

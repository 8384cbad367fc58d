import type { GraphWorkerStats, ModelsStats } from '../../models/index.ts';

type BatcherStats = ModelsStats['batchers']['perception'];

/** The counters of several queues together. */
export function sumBatchers(batchers: readonly BatcherStats[]): BatcherStats {
  const sum = (read: (batcher: BatcherStats) => number) => batchers.reduce((total, next) => total + read(next), 0);
  return {
    queueDepth: sum(({ queueDepth }) => queueDepth),
    running: sum(({ running }) => running),
    batches: sum(({ batches }) => batches),
    items: sum(({ items }) => items),
    dropped: {
      'flow-full': sum(({ dropped }) => dropped['flow-full']),
      'queue-full': sum(({ dropped }) => dropped['queue-full']),
    },
  };
}

/** The counters of several graph workers together. */
export function sumWorkers(workers: readonly GraphWorkerStats[]): GraphWorkerStats {
  const sum = (read: (worker: GraphWorkerStats) => number) => workers.reduce((total, next) => total + read(next), 0);
  return {
    pending: sum(({ pending }) => pending),
    dropped: sum(({ dropped }) => dropped),
    restarts: sum(({ restarts }) => restarts),
  };
}

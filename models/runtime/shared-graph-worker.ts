import { type BatcherStats, type BatchLine, type BatchLineOptions, createDynamicBatcher } from './dynamic-batcher.ts';
import type { GraphWorker } from './graph-worker.ts';
import type { GraphRunner, TensorMap } from './tensor.ts';

export interface SharedGraphWorkerOptions {
  readonly worker: GraphWorker;
  /** Names the queue in errors, for example `perception`. */
  readonly name: string;
  /** Time of one run of each graph, in ms of one core. An estimate is enough. */
  readonly costs: Readonly<Record<string, number>>;
  /** Most waiting requests. One more rejects the oldest of the session that has the most. Default 1024. */
  readonly maxQueue?: number;
  /** Most waiting requests per session. One more rejects its oldest. Default 256. */
  readonly maxFlowQueue?: number;
}

export interface SharedGraphWorker {
  /** The worker as one session uses it: its requests take turns with those of other sessions. */
  forSession(sessionId: string): GraphRunner;
  /**
   * A kind of request that sessions share batches of. It takes turns with all other requests of a session. Its costs are
   * in ms of one core. `runBatch` runs its graph on the worker.
   */
  openLine<I, O>(line: BatchLineOptions<I, O>): BatchLine<I, O>;
  /** Of all kinds of requests together. */
  stats(): BatcherStats;
  /** Rejects what waits as `closed`, lets running requests finish and closes the worker. */
  close(): Promise<void>;
}

interface Job {
  readonly graph: string;
  readonly feeds: TensorMap;
}

/**
 * Requests that the worker holds at once, and their cost in ms. The worker takes them in order of arrival, so the requests
 * that it holds delay every other session. Small requests are sent ahead, so that each need not wait for the transfer.
 */
const MAX_RUNNING = 8;
const MAX_RUNNING_COST = 8;

/** Lets sessions take turns, by cost, at a worker that computes one request at a time. */
export function shareGraphWorker(options: SharedGraphWorkerOptions): SharedGraphWorker {
  const { worker, name, costs, maxQueue = 1024, maxFlowQueue = 256 } = options;
  const limits = { maxQueue, maxFlowQueue, concurrency: MAX_RUNNING, maxRunningCost: MAX_RUNNING_COST };
  const batcher = createDynamicBatcher({ maxBatch: 1, ...limits });
  const runs = batcher.open<Job, TensorMap>({
    name,
    costOf: ({ graph }) => costs[graph] ?? 1,
    runBatch: async (jobs) => Promise.all(jobs.map(({ graph, feeds }) => worker.run(graph, feeds))),
  });
  const lines: Pick<BatchLine<unknown, unknown>, 'stats'>[] = [runs];
  const close = async (): Promise<void> => {
    await batcher.close();
    await worker.close();
  };
  return {
    forSession: (sessionId) => ({ run: (graph, feeds) => runs.submit({ graph, feeds }, sessionId), close }),
    openLine(line) {
      const opened = batcher.open(line);
      lines.push(opened);
      return opened;
    },
    stats: () => lines.map((line) => line.stats()).reduce(addStats),
    close,
  };
}

function addStats(a: BatcherStats, b: BatcherStats): BatcherStats {
  return {
    queueDepth: a.queueDepth + b.queueDepth,
    running: a.running + b.running,
    batches: a.batches + b.batches,
    items: a.items + b.items,
    dropped: {
      'flow-full': a.dropped['flow-full'] + b.dropped['flow-full'],
      'queue-full': a.dropped['queue-full'] + b.dropped['queue-full'],
    },
  };
}

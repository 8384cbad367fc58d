import { type BatcherStats, createDynamicBatcher } from './dynamic-batcher.ts';
import type { Scan, ScanResult } from './graph-scan.ts';
import type { GraphWorker } from './graph-worker.ts';
import type { GraphRunner, TensorMap } from './tensor.ts';

export interface SharedGraphWorkerOptions {
  readonly worker: GraphWorker;
  /** Names the queue in errors, for example `perception`. */
  readonly name: string;
  /** Time of one run of each graph, or of one step of its scan, in ms of one core. An estimate is enough. */
  readonly costs: Readonly<Record<string, number>>;
  /** Most waiting requests. One more rejects the oldest of the session that has the most. Default 1024. */
  readonly maxQueue?: number;
  /** Most waiting requests per session. One more rejects its oldest. Default 256. */
  readonly maxFlowQueue?: number;
}

/** Requests of a session to a shared worker. */
export type SessionGraphWorker = Pick<GraphWorker, 'run' | 'scan'>;

export interface SharedGraphWorker {
  /** The worker as one session uses it: its requests take turns with those of other sessions. */
  forSession(sessionId: string): SessionGraphWorker & GraphRunner;
  stats(): BatcherStats;
  /** Rejects what waits as `closed`, lets running requests finish and closes the worker. */
  close(): Promise<void>;
}

type Job =
  | { readonly kind: 'run'; readonly graph: string; readonly feeds: TensorMap }
  | { readonly kind: 'scan'; readonly graph: string; readonly scan: Scan };

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
  const line = batcher.open<Job, TensorMap | ScanResult>({
    name,
    costOf: (job) => (costs[job.graph] ?? 1) * (job.kind === 'scan' ? stepsOf(job.scan) : 1),
    async runBatch([job]) {
      if (job === undefined) return [];
      return [job.kind === 'run' ? await worker.run(job.graph, job.feeds) : await worker.scan(job.graph, job.scan)];
    },
  });
  const close = async (): Promise<void> => {
    await batcher.close();
    await worker.close();
  };
  return {
    forSession: (sessionId) => ({
      run: (graph, feeds) => line.submit({ kind: 'run', graph, feeds }, sessionId) as Promise<TensorMap>,
      scan: (graph, scan) => line.submit({ kind: 'scan', graph, scan }, sessionId) as Promise<ScanResult>,
      close,
    }),
    stats: () => line.stats(),
    close,
  };
}

function stepsOf({ steps }: Scan): number {
  return Object.values(steps)[0]?.shape[0] ?? 1;
}

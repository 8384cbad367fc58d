import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Timers } from '../timers.ts';
import type { ExecutionProvider } from './execution-provider.ts';
import { createExitFlags, guardExit } from './exit-guard.ts';
import type { GraphSignature } from './graph-signature.ts';
import { buffersOf, type GraphReply, type GraphRequest, type GraphWorkerData } from './graph-worker-messages.ts';
import { superviseWorker, type WorkerThread } from './supervised-worker.ts';
import type { GraphRunner } from './tensor.ts';

export interface GraphWorkerOptions {
  /** Graph name → path or `file:` URL of its ONNX file. */
  readonly graphs: Readonly<Record<string, string>>;
  readonly provider: ExecutionProvider;
  /** Names the worker in errors and log lines. Default `graph worker`. */
  readonly name?: string;
  /** Most unanswered requests. Further ones are rejected as `overloaded`. Default 256. */
  readonly maxPending?: number;
  /** Called with one line when the worker crashes. Default: not called. */
  readonly log?: (message: string) => void;
  readonly timers?: Timers;
  /** Starts the thread. Default: {@link startGraphThread}. */
  readonly startThread?: (workerData: GraphWorkerData) => WorkerThread;
}

export interface GraphWorkerStats {
  /** Unanswered requests. */
  readonly pending: number;
  /** Requests rejected because too many were unanswered. */
  readonly dropped: number;
  /** Crashes survived. */
  readonly restarts: number;
}

/** A {@link GraphRunner} on its own thread. It survives crashes of the thread: see {@link superviseWorker}. */
export interface GraphWorker extends GraphRunner {
  readonly signatures: Readonly<Record<string, GraphSignature>>;
  stats(): GraphWorkerStats;
}

/**
 * Starts a worker thread and loads ONNX graphs in it.
 *
 * @throws ModelError `failed` when a graph cannot be loaded or the provider is not available on this machine
 */
export async function openGraphWorker(options: GraphWorkerOptions): Promise<GraphWorker> {
  const { name = 'graph worker', provider, log = () => {}, startThread = startGraphThread } = options;
  const graphs = Object.fromEntries(
    Object.entries(options.graphs).map(([graph, file]) => [
      graph,
      file.startsWith('file:') ? fileURLToPath(file) : file,
    ]),
  );
  const worker = await superviseWorker<Readonly<Record<string, GraphSignature>>, GraphRequest, GraphReply>({
    name,
    start: () => startThread({ graphs, provider, exitFlags: createExitFlags() }),
    log,
    ...(options.maxPending !== undefined && { maxPending: options.maxPending }),
    ...(options.timers !== undefined && { timers: options.timers }),
  });
  return {
    signatures: worker.hello,
    run: (graph, feeds) => worker.request({ graph, feeds }, buffersOf(feeds)),
    stats: () => ({ pending: worker.pending, dropped: worker.dropped, restarts: worker.restarts }),
    close: () => worker.close(),
  };
}

/** Starts the thread of a graph worker. Call it in the main thread: the exit of the process then waits for native code. */
export function startGraphThread(workerData: GraphWorkerData): Worker {
  const { port } = workerData;
  const thread = new Worker(new URL('./graph-worker-thread.ts', import.meta.url), {
    workerData,
    transferList: port === undefined ? [] : [port],
  });
  guardExit(thread, workerData.exitFlags);
  return thread;
}

import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import type { ModelBundle } from './bundle/model-bundle.ts';
import { readModelBundle } from './bundle/model-bundle.ts';
import { BUNDLE_GRAPHS } from './bundle/model-manifest.ts';
import { chooseOperatingPoint, type OperatingPoint } from './bundle/operating-point.ts';
import {
  type BatchedEmotionModel,
  type BatchingOptions,
  type EmotionModelStats,
  openEmotionModel,
} from './emotion/emotion-model.ts';
import { emotionProbes } from './model-probes.ts';
import { type ExecutionProvider, openOnFirstProvider } from './runtime/execution-provider.ts';
import { poolGraphWorkers } from './runtime/graph-pool.ts';
import { checkGraphSignature } from './runtime/graph-signature.ts';
import { type GraphWorker, type GraphWorkerStats, openGraphWorker } from './runtime/graph-worker.ts';
import type { ModelProbe } from './runtime/model-health.ts';

export interface OpenEmotionOptions {
  /** Directory of the bundle's `manifest.json`. */
  readonly bundleDirectory: string;
  /** Name of the operating point for the scores. Default: the bundle's first, if it has any. */
  readonly operatingPoint?: string;
  /** Execution providers of the emotion model, in the order to try. The CPU is always tried last. */
  readonly providers: readonly ExecutionProvider[];
  /**
   * Threads of the emotion model's encoders, ≥ 1. Default: half of the cores on the CPU, at least 1; 1 on an accelerator.
   * On the CPU the fusion has one further thread.
   */
  readonly emotionWorkers?: number;
  /**
   * Default on the CPU: batches of 4 that cost no more than a text of 50 tokens, no wait; on an accelerator: batches of 32,
   * 2 ms. The queue holds 256 items, 64 per session.
   */
  readonly batching?: Partial<BatchingOptions>;
  /** Called with one line when a provider is skipped or a worker crashes. */
  readonly log: (message: string) => void;
}

/** The emotion model on its threads, batched across all callers. */
export interface OpenedEmotion {
  readonly model: BatchedEmotionModel;
  readonly provider: ExecutionProvider;
  readonly probes: readonly ModelProbe[];
  stats(): { readonly batchers: EmotionModelStats; readonly workers: readonly GraphWorkerStats[] };
}

/** Highest cost of a batch on a CPU, in tokens. There a batch takes as long as its items one by one and delays others. */
const CPU_BATCH_COST = 50;

interface EmotionPart {
  readonly model: BatchedEmotionModel;
  readonly workers: readonly GraphWorker[];
}

/**
 * Loads a bundle into worker threads. Every file is compared with its hash.
 *
 * @throws ModelError `invalid-bundle` when a file is missing, damaged or unfit, `unknown-operating-point` when the
 * bundle lacks the requested one, `failed` when a graph cannot run
 * @throws RangeError when `emotionWorkers` or a batching option is out of range
 */
export async function openEmotion(options: OpenEmotionOptions): Promise<OpenedEmotion> {
  const { bundleDirectory, providers, emotionWorkers = 1, log } = options;
  if (!Number.isInteger(emotionWorkers) || emotionWorkers < 1) {
    throw new RangeError(`emotionWorkers must be a whole number of at least 1, not ${emotionWorkers}`);
  }
  const bundle = await readModelBundle(bundleDirectory);
  const operatingPoint = chooseOperatingPoint(bundle.manifest.operatingPoints, options.operatingPoint);
  const open = (candidate: ExecutionProvider) => openOn(bundle, candidate, operatingPoint, options);
  const { provider, opened } = await openOnFirstProvider(providers, open, log);
  const { model, workers } = opened;
  return {
    model,
    provider,
    probes: emotionProbes(model, bundle.graphFiles(provider)),
    stats: () => ({ batchers: model.stats(), workers: workers.map((worker) => worker.stats()) }),
  };
}

async function openOn(
  bundle: ModelBundle,
  provider: ExecutionProvider,
  operatingPoint: OperatingPoint | null,
  { emotionWorkers, batching, log }: OpenEmotionOptions,
): Promise<EmotionPart> {
  const onCpu = provider === 'cpu';
  const workerCount = emotionWorkers ?? (onCpu ? Math.max(1, Math.floor(availableParallelism() / 2)) : 1);
  const forProvider = onCpu
    ? { maxBatch: 4, maxBatchCost: CPU_BATCH_COST, maxWaitMs: 0 }
    : { maxBatch: 32, maxWaitMs: 2 };
  const limits = { ...forProvider, maxQueue: 256, maxFlowQueue: 64, ...batching };
  const files = bundle.graphFiles(provider);
  const { fusion, ...encoders } = files;
  const open = (graphs: Readonly<Record<string, string>>, name: string) =>
    openGraphWorker({ name, graphs, provider, log });
  const workers = await openAll([
    ...Array.from({ length: workerCount }, () => open(onCpu ? encoders : files, 'emotion worker')),
    ...(onCpu ? [open({ fusion }, 'fusion worker')] : []),
  ]);
  try {
    for (const graph of BUNDLE_GRAPHS) {
      const signature = workers.find(({ signatures }) => graph in signatures)!.signatures[graph]!;
      checkGraphSignature(basename(files[graph]), bundle.manifest.graphs[graph].signature, signature);
    }
    const runner = poolGraphWorkers(workers.slice(0, workerCount));
    const fusionRunner = workers[workerCount];
    const model = await openEmotionModel({
      bundle,
      runner,
      operatingPoint,
      concurrency: workerCount,
      ...(fusionRunner !== undefined && { fusionRunner }),
      ...limits,
    });
    return { model, workers };
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.close()));
    throw error;
  }
}

/** If one fails to open, closes those that opened. */
async function openAll(opening: readonly Promise<GraphWorker>[]): Promise<GraphWorker[]> {
  const settled = await Promise.allSettled(opening);
  const workers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure === undefined) return workers;
  await Promise.all(workers.map((worker) => worker.close()));
  throw failure.reason;
}

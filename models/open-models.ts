import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import {
  type BatchedEmotionModel,
  type BatchingOptions,
  type EmotionModelStats,
  openEmotionModel,
} from './emotion-model.ts';
import { type ExecutionProvider, openOnFirstProvider } from './execution-provider.ts';
import { FACE_GRAPHS, type FaceModels, openFaceModels } from './face-models.ts';
import { poolGraphWorkers } from './graph-pool.ts';
import { checkGraphSignature } from './graph-signature.ts';
import { type GraphWorker, type GraphWorkerStats, openGraphWorker } from './graph-worker.ts';
import { type ModelBundle, readModelBundle } from './model-bundle.ts';
import type { EmotionModel, VoiceActivityModel } from './model-interfaces.ts';
import { BUNDLE_GRAPHS } from './model-manifest.ts';
import { openVoiceActivityModel, VOICE_ACTIVITY_GRAPHS } from './voice-activity-model.ts';
import { openVoiceEncoder, VOICE_GRAPHS, type VoiceEncoder } from './voice-encoder.ts';

export interface OpenModelsOptions {
  /** Directory of the bundle's `manifest.json`. */
  readonly bundleDirectory: string;
  /** Where the emotion model computes, in the order to try; the CPU is always tried last. */
  readonly providers: readonly ExecutionProvider[];
  /** Threads of the emotion model, ≥ 1. Default: half of the cores on the CPU, at least 1; 1 on an accelerator. */
  readonly emotionWorkers?: number;
  /** Default on the CPU: batches of 4, no wait; on an accelerator: batches of 32, 2 ms. Queues of 256. */
  readonly batching?: Partial<BatchingOptions>;
  /** Told in one line about a provider that is passed over and about a worker that crashed. */
  readonly log: (message: string) => void;
}

export interface ModelsStats {
  readonly batchers: EmotionModelStats;
  readonly workers: { readonly emotion: readonly GraphWorkerStats[]; readonly perception: GraphWorkerStats };
}

/** Every model of the pipeline. */
export interface Models {
  readonly emotion: EmotionModel;
  readonly voiceActivity: VoiceActivityModel;
  readonly voice: VoiceEncoder;
  readonly faces: FaceModels;
  /** Where the emotion model computes. Voice activity, voices and faces stay on the CPU: their inputs come one at a time. */
  readonly provider: ExecutionProvider;
  stats(): ModelsStats;
  /** Rejects what waits as `closed`, lets running work finish and ends the threads. */
  close(): Promise<void>;
}

interface EmotionPart {
  readonly model: BatchedEmotionModel;
  readonly workers: readonly GraphWorker[];
}

/**
 * Loads a bundle and the graphs of voice activity, voices and faces into worker threads. The latter share a thread
 * that no text encoder can block.
 *
 * @throws ModelError `invalid-bundle` when the bundle is damaged or unfit, `failed` when the CPU cannot load it
 * @throws RangeError when `emotionWorkers` or a batching option is out of range
 */
export async function openModels(options: OpenModelsOptions): Promise<Models> {
  const { bundleDirectory, providers, emotionWorkers = 1, log } = options;
  if (!Number.isInteger(emotionWorkers) || emotionWorkers < 1) {
    throw new RangeError(`emotionWorkers must be an integer from 1 on, is ${emotionWorkers}`);
  }
  const bundle = await readModelBundle(bundleDirectory);
  const perception = await openGraphWorker({
    name: 'perception worker',
    graphs: { ...VOICE_ACTIVITY_GRAPHS, ...VOICE_GRAPHS, ...FACE_GRAPHS },
    provider: 'cpu',
    log,
  });
  try {
    const open = (provider: ExecutionProvider) => openEmotion(bundle, provider, options);
    const { provider, opened } = await openOnFirstProvider(providers, open, log);
    const { model, workers } = opened;
    return {
      emotion: model,
      voiceActivity: openVoiceActivityModel(perception),
      voice: openVoiceEncoder(perception),
      faces: openFaceModels(perception),
      provider,
      stats: () => ({
        batchers: model.stats(),
        workers: { emotion: workers.map((worker) => worker.stats()), perception: perception.stats() },
      }),
      async close() {
        await Promise.all([model.close(), perception.close()]);
      },
    };
  } catch (error) {
    await perception.close();
    throw error;
  }
}

async function openEmotion(
  bundle: ModelBundle,
  provider: ExecutionProvider,
  { emotionWorkers, batching, log }: OpenModelsOptions,
): Promise<EmotionPart> {
  const onCpu = provider === 'cpu';
  const workerCount = emotionWorkers ?? (onCpu ? Math.max(1, Math.floor(availableParallelism() / 2)) : 1);
  const limits = { maxBatch: onCpu ? 4 : 32, maxWaitMs: onCpu ? 0 : 2, maxQueue: 256, ...batching };
  const workers = await openWorkers(bundle, provider, workerCount, log);
  try {
    for (const graph of BUNDLE_GRAPHS) {
      const file = basename(bundle.graphFiles(provider)[graph]);
      checkGraphSignature(file, bundle.manifest.graphs[graph].signature, workers[0]!.signatures[graph]!);
    }
    const runner = poolGraphWorkers(workers);
    const model = await openEmotionModel({ bundle, runner, concurrency: workerCount, ...limits });
    return { model, workers };
  } catch (error) {
    await Promise.all(workers.map((worker) => worker.close()));
    throw error;
  }
}

async function openWorkers(
  bundle: ModelBundle,
  provider: ExecutionProvider,
  count: number,
  log: (message: string) => void,
): Promise<GraphWorker[]> {
  const opening = Array.from({ length: count }, () =>
    openGraphWorker({ name: 'emotion worker', graphs: bundle.graphFiles(provider), provider, log }),
  );
  const settled = await Promise.allSettled(opening);
  const workers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failure = settled.find((result) => result.status === 'rejected');
  if (failure === undefined) return workers;
  await Promise.all(workers.map((worker) => worker.close()));
  throw failure.reason;
}

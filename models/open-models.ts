import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { type ModelBundle, readModelBundle } from './bundle/model-bundle.ts';
import { BUNDLE_GRAPHS } from './bundle/model-manifest.ts';
import { chooseOperatingPoint, type OperatingPoint } from './bundle/operating-point.ts';
import { checkShippedFiles } from './check-shipped-files.ts';
import {
  type BatchedEmotionModel,
  type BatchingOptions,
  type EmotionModelStats,
  openEmotionModel,
} from './emotion/emotion-model.ts';
import { FACE_GRAPHS, type FaceModels, openFaceModels } from './faces/face-models.ts';
import { type LanguageModel, openLanguageModel } from './language/language-model.ts';
import type { EmotionModel, VoiceActivityModel } from './model-interfaces.ts';
import { modelProbes } from './model-probes.ts';
import type { BatcherStats } from './runtime/dynamic-batcher.ts';
import { type ExecutionProvider, openOnFirstProvider } from './runtime/execution-provider.ts';
import { poolGraphWorkers } from './runtime/graph-pool.ts';
import { checkGraphSignature } from './runtime/graph-signature.ts';
import { type GraphWorker, type GraphWorkerStats, openGraphWorker } from './runtime/graph-worker.ts';
import { ModelHealth } from './runtime/model-health.ts';
import { shareGraphWorker } from './runtime/shared-graph-worker.ts';
import { openVoiceEncoder, VOICE_GRAPHS, type VoiceEncoder } from './voice/voice-encoder.ts';
import { openVoiceActivityModel, VOICE_ACTIVITY_GRAPHS } from './voice-activity/voice-activity-model.ts';

export interface OpenModelsOptions {
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

export interface ModelsStats {
  /** By graph of the emotion model; `perception`: voice activity, voices and faces. */
  readonly batchers: EmotionModelStats & { readonly perception: BatcherStats };
  readonly workers: { readonly emotion: readonly GraphWorkerStats[]; readonly perception: GraphWorkerStats };
}

/** The models as one session uses them. */
export interface SessionModels {
  readonly emotion: EmotionModel;
  readonly voiceActivity: VoiceActivityModel;
  readonly voice: VoiceEncoder;
  readonly faces: FaceModels;
  readonly language: LanguageModel;
}

/** Every model of the pipeline. Used directly, all callers share one turn. */
export interface Models extends SessionModels {
  /** The models as one session uses them. Its requests take turns with those of other sessions, by cost. */
  forSession(sessionId: string): SessionModels;
  /** Provider of the emotion model. Voice activity, voices and faces stay on the CPU: their inputs come one at a time. */
  readonly provider: ExecutionProvider;
  stats(): ModelsStats;
  /** The models that do not run, as readable text without folder names; empty if all run. */
  failing(): readonly string[];
  /** Tries each model now, because a caller has reason to doubt them. {@link failing} has the result. */
  doubt(): void;
  /** Rejects what waits as `closed`, lets running work finish and ends the threads. */
  close(): Promise<void>;
}

/** Time of one run, of one frame for voice activity, in ms of one core. */
const PERCEPTION_COSTS_MS = {
  'voice-activity': 0.4,
  'voice-encoder': 12,
  'face-detector': 4,
  'face-landmarks': 12,
} as const;

/** Highest cost of a batch on a CPU, in tokens. There a batch takes as long as its items one by one and delays others. */
const CPU_BATCH_COST = 50;

interface EmotionPart {
  readonly model: BatchedEmotionModel;
  readonly workers: readonly GraphWorker[];
}

/**
 * Loads a bundle and the graphs of voice activity, voices and faces into worker threads. The latter three share a
 * thread that no text encoder can block. Every file is compared with its hash, and every graph runs once before the models
 * are returned. From then on each model is tried regularly.
 *
 * @throws ModelError `invalid-bundle` when a file is missing, damaged or unfit, `unknown-operating-point` when the
 * bundle lacks the requested one, `failed` when a graph cannot run
 * @throws RangeError when `emotionWorkers` or a batching option is out of range
 */
export async function openModels(options: OpenModelsOptions): Promise<Models> {
  const { bundleDirectory, providers, emotionWorkers = 1 } = options;
  if (!Number.isInteger(emotionWorkers) || emotionWorkers < 1) {
    throw new RangeError(`emotionWorkers must be a whole number of at least 1, not ${emotionWorkers}`);
  }
  let health: ModelHealth | null = null;
  const log = (message: string): void => {
    options.log(message);
    // A worker logs only its crash.
    void health?.check();
  };
  const [bundle, language] = await Promise.all([
    readModelBundle(bundleDirectory),
    openLanguageModel(),
    checkShippedFiles(),
  ]);
  const operatingPoint = chooseOperatingPoint(bundle.manifest.operatingPoints, options.operatingPoint);
  const perceptionWorker = await openGraphWorker({
    name: 'perception worker',
    graphs: { ...VOICE_ACTIVITY_GRAPHS, ...VOICE_GRAPHS, ...FACE_GRAPHS },
    provider: 'cpu',
    log,
  });
  const perception = shareGraphWorker({ name: 'perception', worker: perceptionWorker, costs: PERCEPTION_COSTS_MS });
  try {
    const open = (provider: ExecutionProvider) => openEmotion(bundle, provider, operatingPoint, { ...options, log });
    const { provider, opened } = await openOnFirstProvider(providers, open, log);
    const { model, workers } = opened;
    const forSession = (sessionId: string): SessionModels => {
      const graphs = perception.forSession(sessionId);
      return {
        emotion: model.forSession(sessionId),
        voiceActivity: openVoiceActivityModel(graphs),
        voice: openVoiceEncoder(graphs),
        faces: openFaceModels(graphs),
        language,
      };
    };
    const models = forSession('');
    const watch = new ModelHealth({ probes: modelProbes(models, bundle.graphFiles(provider)), log: options.log });
    health = watch;
    try {
      await watch.start();
    } catch (error) {
      watch.close();
      await model.close();
      throw error;
    }
    return {
      ...models,
      forSession,
      provider,
      failing: () => watch.failing,
      doubt: () => void watch.check(),
      stats: () => ({
        batchers: { ...model.stats(), perception: perception.stats() },
        workers: { emotion: workers.map((worker) => worker.stats()), perception: perceptionWorker.stats() },
      }),
      async close() {
        watch.close();
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
  operatingPoint: OperatingPoint | null,
  { emotionWorkers, batching, log }: OpenModelsOptions,
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

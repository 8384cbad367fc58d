import { checkShippedFiles } from './check-shipped-files.ts';
import type { EmotionModelStats } from './emotion/emotion-model.ts';
import { type LanguageModel, openLanguageModel } from './language/language-model.ts';
import type { EmotionModel } from './model-interfaces.ts';
import { perceptionProbes } from './model-probes.ts';
import { type OpenEmotionOptions, openEmotion } from './open-emotion.ts';
import { openPerception, type PerceptionModels } from './open-perception.ts';
import type { BatcherStats } from './runtime/dynamic-batcher.ts';
import type { ExecutionProvider } from './runtime/execution-provider.ts';
import type { GraphWorkerStats } from './runtime/graph-worker.ts';
import { ModelHealth } from './runtime/model-health.ts';

export type OpenModelsOptions = OpenEmotionOptions;

export interface ModelsStats {
  /** By graph of the emotion model; `perception`: voice activity, voices and faces. */
  readonly batchers: EmotionModelStats & { readonly perception: BatcherStats };
  readonly workers: { readonly emotion: readonly GraphWorkerStats[]; readonly perception: GraphWorkerStats };
}

/** The models as one session uses them. */
export interface SessionModels extends PerceptionModels {
  readonly emotion: EmotionModel;
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

/**
 * Loads a bundle and the graphs of voice activity, voices and faces into worker threads. Every file is compared with its
 * hash, and every graph runs once before the models are returned. From then on each model is tried regularly.
 *
 * @throws ModelError `invalid-bundle` when a file is missing, damaged or unfit, `unknown-operating-point` when the
 * bundle lacks the requested one, `failed` when a graph cannot run
 * @throws RangeError when `emotionWorkers` or a batching option is out of range
 */
export async function openModels(options: OpenModelsOptions): Promise<Models> {
  let health: ModelHealth | null = null;
  const log = (message: string): void => {
    options.log(message);
    // A worker logs only its crash.
    void health?.check();
  };
  await checkShippedFiles();
  const [emotion, language] = await Promise.all([openEmotion({ ...options, log }), openLanguageModel()]);
  const { model, provider, probes } = emotion;
  try {
    const perception = await openPerception({ log });
    const close = async (): Promise<void> => {
      health?.close();
      await Promise.all([model.close(), perception.close()]);
    };
    const forSession = (sessionId: string): SessionModels => ({
      ...perception.forSession(sessionId),
      emotion: model.forSession(sessionId),
      language,
    });
    const models = forSession('');
    const watch = new ModelHealth({ probes: [...probes, ...perceptionProbes(models)], log: options.log });
    health = watch;
    await watch.start().catch((error: unknown) => close().then(() => Promise.reject(error)));
    return {
      ...models,
      forSession,
      provider,
      failing: () => watch.failing,
      doubt: () => void watch.check(),
      stats() {
        const { batchers, workers } = emotion.stats();
        const { batcher, worker } = perception.stats();
        return {
          batchers: { ...batchers, perception: batcher },
          workers: { emotion: workers, perception: worker },
        };
      },
      close,
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

import { MessageChannel } from 'node:worker_threads';
import { checkShippedFiles } from '../check-shipped-files.ts';
import type { EmotionModel } from '../model-interfaces.ts';
import { type OpenEmotionOptions, type OpenedEmotion, openEmotion } from '../open-emotion.ts';
import type { ExecutionProvider } from '../runtime/execution-provider.ts';
import { ModelHealth } from '../runtime/model-health.ts';
import { lendModels } from './lend-models.ts';
import type { ModelLoan } from './loan-messages.ts';

/**
 * Models for threads that analyze. The emotion model is shared by all of them, so that a batch holds work of every
 * session. Each thread opens its own perception with {@link borrowModels}.
 */
export interface LendableModels {
  readonly emotion: EmotionModel;
  /** Provider of the emotion model. */
  readonly provider: ExecutionProvider;
  /** A loan for one thread. Its `port` must be transferred. It ends when the thread does. */
  lend(): ModelLoan;
  stats: OpenedEmotion['stats'];
  /** Graphs of the emotion model that do not run, as readable text without folder names; empty if all run. */
  failing(): readonly string[];
  /** Tries each graph now. {@link failing} has the result. */
  doubt(): void;
  /** Rejects what waits as `closed`, lets running work finish and ends the threads. */
  close(): Promise<void>;
}

/**
 * Loads a bundle into worker threads and checks every model file. Throws as {@link openModels} does. Every graph of
 * the bundle runs once before this returns, and is then tried regularly.
 */
export async function openLendableModels(options: OpenEmotionOptions): Promise<LendableModels> {
  let health: ModelHealth | null = null;
  await checkShippedFiles();
  const { model, provider, probes, stats } = await openEmotion({
    ...options,
    log(message) {
      options.log(message);
      // A worker logs only its crash.
      void health?.check();
    },
  });
  const watch = new ModelHealth({ probes, log: options.log });
  health = watch;
  try {
    await watch.start();
  } catch (error) {
    watch.close();
    await model.close();
    throw error;
  }
  return {
    emotion: model,
    provider,
    lend() {
      const { port1, port2 } = new MessageChannel();
      return lendModels(model, port1, port2);
    },
    stats,
    failing: () => watch.failing,
    doubt: () => void watch.check(),
    async close() {
      watch.close();
      await model.close();
    },
  };
}

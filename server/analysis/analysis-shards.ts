import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Observable, type OperatorFunction } from 'rxjs';
import type { EmotionEvent, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import { type LendableModels, type ModelsStats, openLendableModels } from '../../models/index.ts';
import { type Clock, type MediaFrame, sessionStarted, systemClock, type ToldBefore } from '../../pipeline/index.ts';
import type { ThreadTurns } from '../sessions/thread-turns.ts';
import { AnalysisShard } from './analysis-shard.ts';
import { type SessionListeners, SessionRun } from './session-run.ts';
import type { SessionSettings, ShardData } from './shard-messages.ts';
import { sumBatchers, sumWorkers } from './sum-stats.ts';

type ModelOptions = Parameters<typeof openLendableModels>[0];

export interface AnalysisShardsOptions extends ModelOptions {
  /** Number of threads, ≥ 1. Default: the number of cores less one, at least 1. */
  readonly threads?: number | undefined;
  /** Default: the system clock. The threads themselves always use that. */
  readonly clock?: Clock;
  /** Starts an analysis thread. Default: `shard-thread.ts`. */
  readonly startThread?: (data: ShardData) => Worker;
}

/** What analyzes one session, and where its media waits. */
export interface ShardPlace {
  readonly turns: ThreadTurns;
  /** Creates the operator that turns the session's media into its events. */
  analyze(
    settings: SessionSettings,
    listeners: Omit<SessionListeners, 'events'>,
    endReason?: () => SessionEndReason,
    toldBefore?: ToldBefore,
  ): OperatorFunction<MediaFrame, EmotionEvent>;
}

/** Threads that analyze sessions. Each session stays at one of them. All share the emotion model. */
export class AnalysisShards {
  readonly #models: LendableModels;
  readonly #shards: readonly AnalysisShard[];
  #restarts = 0;

  private constructor(
    models: LendableModels,
    { threads = defaultThreads(), clock = systemClock, log, ...rest }: AnalysisShardsOptions,
  ) {
    const { startThread = startShardThread } = rest;
    this.#models = models;
    this.#shards = Array.from(
      { length: threads },
      () =>
        new AnalysisShard({
          clock,
          startThread: (current) => startThread({ loan: models.lend(), current }),
          log,
          onRestart: () => {
            this.#restarts += 1;
          },
        }),
    );
  }

  /**
   * Opens the models and starts the threads.
   *
   * @throws ModelError as {@link openLendableModels}.
   * @throws Error when a thread does not start.
   */
  static async open(options: AnalysisShardsOptions): Promise<AnalysisShards> {
    const models = await openLendableModels(options);
    const shards = new AnalysisShards(models, options);
    try {
      await Promise.all(shards.#shards.map((shard) => shard.start()));
      return shards;
    } catch (error) {
      await shards.close();
      throw error;
    }
  }

  get emotion(): LendableModels['emotion'] {
    return this.#models.emotion;
  }

  get provider(): LendableModels['provider'] {
    return this.#models.provider;
  }

  /** How late the thread is that is least late with the media of its sessions, in ms. */
  get lagMs(): number {
    return Math.min(...this.#shards.map(({ turns }) => turns.lagMs));
  }

  get threads(): readonly Pick<AnalysisShard, 'flowCount' | 'busyMs' | 'isUp' | 'state'>[] {
    return this.#shards;
  }

  /** Threads that died and were replaced. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Bytes of media that wait for their turn. */
  get waitingBytes(): number {
    return this.#shards.reduce((sum, { turns }) => sum + turns.waitingBytes, 0);
  }

  /** Why a new session would not be analyzed, as text that anyone may read. Empty if it would. */
  failing(): readonly string[] {
    const failing = this.#shards.flatMap((shard) => shard.state?.failing ?? []);
    const down = this.#shards.some(({ isUp }) => isUp) ? [] : ['no analysis thread runs'];
    return [...new Set([...this.#models.failing(), ...failing, ...down])];
  }

  /** Tries the models now. */
  doubt(): void {
    this.#models.doubt();
    for (const shard of this.#shards) shard.doubt();
  }

  stats(): ModelsStats {
    const { batchers, workers } = this.#models.stats();
    const perception = this.#shards.flatMap(({ state }) => (state === null ? [] : [state.perception]));
    return {
      batchers: { ...batchers, perception: sumBatchers(perception.map(({ batcher }) => batcher)) },
      workers: { emotion: workers, perception: sumWorkers(perception.map(({ worker }) => worker)) },
    };
  }

  /** The thread with the fewest sessions. */
  place(): ShardPlace {
    const shard = this.#shards.reduce((best, next) => (costOf(next) < costOf(best) ? next : best));
    return { turns: shard.turns, analyze: (...args) => this.#analyzeOn(shard, ...args) };
  }

  /** Ends the threads, then closes the models. */
  async close(): Promise<void> {
    await Promise.all(this.#shards.map((shard) => shard.stop()));
    await this.#models.close();
  }

  #analyzeOn(
    shard: AnalysisShard,
    settings: SessionSettings,
    listeners: Omit<SessionListeners, 'events'>,
    endReason: () => SessionEndReason = () => 'completed',
    toldBefore?: ToldBefore,
  ): OperatorFunction<MediaFrame, EmotionEvent> {
    return (source) =>
      new Observable<EmotionEvent>((subscriber) => {
        if (toldBefore === undefined) subscriber.next(sessionStarted(settings.session, this.emotion.id));
        const run = new SessionRun(settings, toldBefore ?? ONLY_STARTED, { ...listeners, events: subscriber });
        const session = shard.open(run);
        subscriber.add(() => shard.close(session));
        subscriber.add(listeners.memory?.onTrim(() => shard.trim(session)));
        subscriber.add(
          source.subscribe({
            next: (frame) => shard.push(session, frame),
            complete: () => shard.end(session, endReason()),
            error: (cause: unknown) => {
              listeners.observer.failed({ stage: 'ingest', code: 'source-failed', cause });
              shard.end(session, 'failed');
            },
          }),
        );
      });
  }
}

/** After the event `session.started`. */
const ONLY_STARTED: ToldBefore = { sequence: 1, utteranceCount: 0, durationMs: 0 };

function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

/** A thread that is down takes sessions last. */
function costOf({ flowCount, isUp }: AnalysisShard): number {
  return isUp ? flowCount : Number.MAX_SAFE_INTEGER;
}

function startShardThread(data: ShardData): Worker {
  return new Worker(new URL('./shard-thread.ts', import.meta.url), {
    workerData: data,
    transferList: [data.loan.port],
    name: 'analysis',
  });
}

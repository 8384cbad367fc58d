import { Subject, type Subscription } from 'rxjs';
import type { SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { SessionModels } from '../../models/index.ts';
import {
  analyzeEmotion,
  type Clock,
  type DecodeImage,
  type MediaFrame,
  type PipelineObserver,
  StageError,
  type ToldBefore,
} from '../../pipeline/index.ts';
import { describeCause } from '../observability/describe-cause.ts';
import { HeldReport } from './held-report.ts';
import type { Outbox } from './outbox.ts';
import type { SessionSettings } from './shard-messages.ts';

export interface ThreadSessionOptions {
  readonly session: number;
  readonly settings: SessionSettings;
  readonly toldBefore: ToldBefore;
  readonly models: SessionModels;
  readonly decodeImage: DecodeImage;
  readonly clock: Clock;
  readonly outbox: Outbox;
}

/** Steps in which the backlog is reported, in ms. */
const BACKLOG_STEP_MS = 500;

/** One session in its analysis thread. */
export class ThreadSession {
  readonly #frames = new Subject<MediaFrame>();
  readonly #memory: HeldReport;
  readonly #analysis: Subscription;
  readonly #options: ThreadSessionOptions;
  #endReason: SessionEndReason = 'completed';
  #backlogMs = 0;

  constructor(options: ThreadSessionOptions) {
    const { session, settings, toldBefore, models, decodeImage, clock, outbox } = options;
    const { wantsDecisions, ...rest } = settings;
    this.#options = options;
    this.#memory = new HeldReport((held) => outbox.add({ session, kind: 'held', held }));
    this.#analysis = this.#frames
      .pipe(
        analyzeEmotion({
          ...rest,
          toldBefore,
          models,
          decodeImage,
          clock,
          endReason: () => this.#endReason,
          memory: this.#memory,
          observer: this.#observer(wantsDecisions),
          onBacklog: (backlogMs) => this.#tellBacklog(backlogMs),
          ...(rest.recorded === true && {
            onPending: (fromMs) => outbox.add({ session, kind: 'pending', fromMs }),
          }),
        }),
      )
      .subscribe({
        next: (event) => outbox.add({ session, kind: 'event', event }),
        complete: () => outbox.add({ session, kind: 'completed' }),
        error: (error: unknown) => {
          const stage = error instanceof StageError ? error.stage : 'ingest';
          outbox.add({ session, kind: 'broke-off', stage, cause: describeCause(error) });
        },
      });
  }

  push(frame: MediaFrame): void {
    this.#frames.next(frame);
  }

  end(reason: SessionEndReason): void {
    this.#endReason = reason;
    this.#frames.complete();
  }

  trim(): void {
    const { session, outbox } = this.#options;
    const bytes = this.#memory.trim();
    if (bytes > 0) outbox.add({ session, kind: 'trimmed', bytes });
  }

  close(): void {
    this.#analysis.unsubscribe();
  }

  #observer(wantsDecisions: boolean): PipelineObserver {
    const { session, outbox } = this.#options;
    const describe = (cause: unknown) => (cause === undefined ? null : describeCause(cause));
    return {
      failed: ({ cause, ...failure }) =>
        outbox.add({ session, kind: 'failed', failure: { ...failure, cause: describe(cause) } }),
      dropped: ({ cause, ...drop }) =>
        outbox.add({ session, kind: 'dropped', drop: { ...drop, cause: describe(cause) } }),
      ...(wantsDecisions && { decided: (decision) => outbox.add({ session, kind: 'decided', decision }) }),
    };
  }

  #tellBacklog(backlogMs: number): void {
    const steps = Math.floor(backlogMs / BACKLOG_STEP_MS) * BACKLOG_STEP_MS;
    if (steps === this.#backlogMs) return;
    this.#backlogMs = steps;
    const { session, outbox } = this.#options;
    outbox.add({ session, kind: 'backlog', backlogMs: steps });
  }
}

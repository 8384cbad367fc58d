import type { EmotionEvent, SessionEndReason } from '../../client-sdk/protocol/index.ts';
import type { ModelLoan, PerceptionStats } from '../../models/index.ts';
import type {
  AnalyzeEmotionOptions,
  HeldKind,
  PipelineDecision,
  PipelineDrop,
  PipelineFailure,
  PipelineStage,
  RgbImage,
  StillImage,
  ToldBefore,
} from '../../pipeline/index.ts';
import type { PictureErrorCode } from '../ingest/pictures/picture-error.ts';
import type { DescribedCause } from '../observability/describe-cause.ts';
import type { FrameBatch } from './frame-batch.ts';

/** `workerData` of an analysis thread. */
export interface ShardData {
  readonly loan: ModelLoan;
  /** One number: the session that the thread works on, or 0. Read after the thread has died. */
  readonly current: Int32Array<SharedArrayBuffer>;
}

/** How a session is analyzed. */
export type SessionSettings = Pick<AnalyzeEmotionOptions, 'session' | 'jitterMs' | 'maxUtteranceMs' | 'recorded'> & {
  /** Whether somebody reads the decisions of the stages. */
  readonly wantsDecisions: boolean;
};

/** Main thread → analysis thread. Sessions are numbers from 1 on. */
export type ShardRequest =
  | {
      readonly kind: 'open';
      readonly session: number;
      readonly settings: SessionSettings;
      readonly toldBefore: ToldBefore;
    }
  /** The thread answers each with a report that counts it as done. */
  | { readonly kind: 'frames'; readonly batch: FrameBatch }
  /** No more media follows. */
  | { readonly kind: 'end'; readonly session: number; readonly reason: SessionEndReason }
  /** Nobody listens to the session any more. */
  | { readonly kind: 'close'; readonly session: number }
  /** Memory is short: old media is let go. */
  | { readonly kind: 'trim'; readonly session: number }
  | { readonly kind: 'picture'; readonly id: number; readonly image: RgbImage }
  | { readonly kind: 'no-picture'; readonly id: number; readonly error: CrossedPictureError }
  /** Somebody has reason to doubt the models. */
  | { readonly kind: 'doubt' }
  | { readonly kind: 'stop' };

/** Why a picture was not decoded. */
export interface CrossedPictureError {
  /** Null for an error that is no `PictureError`. */
  readonly code: PictureErrorCode | null;
  readonly message: string;
  readonly cause: DescribedCause | null;
}

type Crossed<R extends { readonly cause?: unknown }> = Omit<R, 'cause'> & { readonly cause: DescribedCause | null };

/** What the analysis of a session tells, in this order. */
export type SessionOutput = { readonly session: number } & (
  | { readonly kind: 'event'; readonly event: EmotionEvent }
  | { readonly kind: 'failed'; readonly failure: Crossed<PipelineFailure> }
  | { readonly kind: 'dropped'; readonly drop: Crossed<PipelineDrop> }
  | { readonly kind: 'decided'; readonly decision: PipelineDecision }
  /** Bytes that are held now, by kind. */
  | { readonly kind: 'held'; readonly held: Readonly<Record<HeldKind, number>> }
  | { readonly kind: 'trimmed'; readonly bytes: number }
  | { readonly kind: 'backlog'; readonly backlogMs: number }
  | { readonly kind: 'pending'; readonly fromMs: number }
  | { readonly kind: 'decode'; readonly id: number; readonly image: StillImage }
  | { readonly kind: 'abandon'; readonly id: number }
  | { readonly kind: 'completed' }
  | { readonly kind: 'broke-off'; readonly stage: PipelineStage; readonly cause: DescribedCause }
);

/** Time and frames that a session took since the last report. */
export interface SessionUse {
  readonly session: number;
  readonly usedMs: number;
  readonly frames: number;
}

/** Analysis thread → main thread. */
export type ShardReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string }
  | {
      readonly kind: 'report';
      /** Batches of frames that were taken since the last report. */
      readonly done: number;
      readonly uses: readonly SessionUse[];
      readonly outputs: readonly SessionOutput[];
    }
  | { readonly kind: 'state'; readonly state: ShardState }
  | { readonly kind: 'log'; readonly message: string };

/** How an analysis thread is, told once per second. */
export interface ShardState {
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
  readonly perception: PerceptionStats;
  /** Models of its perception that do not run, as readable text. */
  readonly failing: readonly string[];
}

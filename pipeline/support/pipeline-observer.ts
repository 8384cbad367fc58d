import { catchError, type MonoTypeOperatorFunction } from 'rxjs';

/** The stages of a session's analysis, in the order of the data. `ingest` stands for whatever feeds the analysis. */
export const PIPELINE_STAGES = ['ingest', 'sync', 'window', 'features', 'inference', 'events'] as const;
export type PipelineStage = (typeof PIPELINE_STAGES)[number];

/** What a report is about. A field is left out where it does not apply. Ids only: never words, names or pictures. */
export interface PipelineSubject {
  readonly participantId?: string;
  readonly trackId?: string;
  readonly utteranceId?: string;
  /** Revision of the utterance. */
  readonly revision?: number;
}

/** An utterance, or the whole analysis, could not be finished. */
export interface PipelineFailure extends PipelineSubject {
  readonly stage: PipelineStage;
  /** Of a closed set, such as `model-failed`. */
  readonly code: string;
  /** The error that caused it. Left out where nothing broke: an utterance without voice, face and words. */
  readonly cause?: unknown;
}

/** A stage left something out, or repaired it, and went on. */
export interface PipelineDrop extends PipelineSubject {
  readonly stage: PipelineStage;
  /** Of a closed set, such as `late`. */
  readonly reason: string;
  /** How many frames, samples, pictures or segments: the reason tells which. */
  readonly count: number;
  /** Media time of what was dropped, in ms. */
  readonly mediaTimeMs?: number;
  /** The error that caused it. Left out where a bound or a rule was the reason. */
  readonly cause?: unknown;
  /** The transcript segments that were left out. */
  readonly segmentIds?: readonly string[];
}

/** What a stage decided, and why: for a developer who follows one utterance. */
export interface PipelineDecision extends PipelineSubject {
  readonly stage: PipelineStage;
  /** Of a closed set, such as `opened`, `closed`, `track-stalled`. */
  readonly decision: string;
  /** Why, of a closed set, such as `voice`, `words`, `silence`. */
  readonly reason?: string;
  /** Media time that it was decided for, in ms. */
  readonly mediaTimeMs?: number;
  /** Figures and states that it rests on. */
  readonly details?: Readonly<Record<string, number | string | boolean | null>>;
}

/**
 * Receives the reports of one session's analysis. The pipeline calls it synchronously; it must not throw.
 */
export interface PipelineObserver {
  failed(failure: PipelineFailure): void;
  dropped(drop: PipelineDrop): void;
  /**
   * Left out when nobody reads decisions. Call it as `observer.decided?.({ … })`: the argument is then not even built.
   */
  readonly decided?: (decision: PipelineDecision) => void;
}

/** For an analysis that nobody watches. */
export const UNOBSERVED: PipelineObserver = { failed: () => {}, dropped: () => {} };

/** An error that broke off a stage. `cause` is the error itself. */
export class StageError extends Error {
  override readonly name = 'StageError';
  readonly stage: PipelineStage;

  constructor(stage: PipelineStage, cause: unknown) {
    super(`the ${stage} stage broke off`, { cause });
    this.stage = stage;
  }
}

/** Names the stage in an error that breaks off the stream. An error that already names an earlier stage passes. */
export function nameStage<T>(stage: PipelineStage): MonoTypeOperatorFunction<T> {
  return catchError((error: unknown) => {
    throw error instanceof StageError ? error : new StageError(stage, error);
  });
}

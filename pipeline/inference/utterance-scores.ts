import type { EmotionScores } from '../../models/index.ts';
import type { UtteranceFeatures } from '../features/utterance-features.ts';
import type { PipelineStage } from '../support/pipeline-observer.ts';
import type { Utterance, UtteranceOpened } from '../window/utterance.ts';

/** An utterance with the model's answer. */
export interface UtteranceScored {
  readonly kind: 'scored';
  readonly features: Omit<UtteranceFeatures, 'tensors'>;
  readonly scores: EmotionScores;
  /** Weight of each token of the words from the text encoder; null without words, or if the encoder has no weights. */
  readonly tokenWeights: Float32Array | null;
}

/** An utterance that could not be scored. A value, never a dead stream. */
export interface UtteranceNotScored {
  readonly kind: 'not-scored';
  readonly utterance: Utterance;
  readonly revision: number;
  /** The words that were said; null when there are none. */
  readonly text: string | null;
  readonly code: ScoreFailureCode;
  /** The stage that failed, or in which nothing was left to score. */
  readonly stage: FailureStage;
  readonly message: string;
  /** The error behind it. Left out where nothing broke: `no-signal` and `unsupported-language`. */
  readonly cause?: unknown;
}

/** The stages that can fail an utterance. */
export type FailureStage = Extract<PipelineStage, 'features' | 'inference'>;

/** Why an utterance was not scored. */
export type ScoreFailureCode =
  | 'features-failed'
  | 'no-signal'
  | 'unsupported-language'
  | 'model-overloaded'
  | 'model-timeout'
  | 'model-failed';

/** Output of the inference stage, input of the event stage. */
export type ScoreSignal = UtteranceOpened | UtteranceScored | UtteranceNotScored;

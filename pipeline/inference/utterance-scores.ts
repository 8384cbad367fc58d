import type { EmotionScores } from '../../models/index.ts';
import type { UtteranceFeatures } from '../features/utterance-features.ts';
import type { Utterance, UtteranceOpened } from '../window/utterance.ts';

/** An utterance with the model's answer. */
export interface UtteranceScored {
  readonly kind: 'scored';
  readonly features: Omit<UtteranceFeatures, 'tensors'>;
  readonly scores: EmotionScores;
  /** Weight of each token of the words, as the text encoder tells it; null without words or where it does not tell. */
  readonly tokenWeights: Float32Array | null;
}

/** An utterance that could not be scored. A value, never a dead stream. */
export interface UtteranceNotScored {
  readonly kind: 'not-scored';
  readonly utterance: Utterance;
  readonly revision: number;
  /** The words that were said; null when there are none. */
  readonly text: string | null;
  /** `features-failed`, `no-signal`, `unsupported-language`, `model-overloaded`, `model-timeout` or `model-failed`. */
  readonly code: string;
  readonly message: string;
}

/** What the inference stage tells the event stage. */
export type ScoreSignal = UtteranceOpened | UtteranceScored | UtteranceNotScored;

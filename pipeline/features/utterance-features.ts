import type { Modality, ModalityReason, ModalityState } from '../../client-sdk/protocol/index.ts';
import type { FeatureTensors } from '../../models/index.ts';
import type { Utterance, UtteranceOpened } from '../window/utterance.ts';

/** How usable a modality of an utterance is: its state, and its quality 0…1 (null without a signal to judge). */
export interface ModalityCondition {
  readonly state: ModalityState;
  readonly quality: number | null;
  /** Why a modality that exists counts as absent or noisy. */
  readonly reason?: ModalityReason;
  /** Of a voice: number of the participant's earlier utterances that it is compared with, ≥ 1. Missing: none. */
  readonly baselineUtterances?: number;
}

/** A word of a text with its punctuation: characters `[start, end)` (UTF-16 code units), and its range of token ids. */
export interface TokenizedWord {
  readonly start: number;
  readonly end: number;
  readonly firstToken: number;
  readonly tokenCount: number;
}

/** The features of one utterance, ready for the model. */
export interface UtteranceFeatures {
  readonly kind: 'features';
  readonly utterance: Utterance;
  /** 0 when the utterance closes; one higher each time its words arrive or change. */
  readonly revision: number;
  readonly tensors: FeatureTensors;
  readonly conditions: Readonly<Record<Modality, ModalityCondition>>;
  /** The words that were said; null if there are none. `tensors.text` may be null even so: `conditions` says why. */
  readonly text: string | null;
  /** The words of `text` that `tensors.text` contains, in order, without its context; empty if there are none. */
  readonly words: readonly TokenizedWord[];
  /** Clock time of the cause, ms: the decision that the utterance ended, or the arrival of the words. */
  readonly causedAtMs: number;
}

/** The features of an utterance could not be computed. */
export interface UtteranceFeaturesFailed {
  readonly kind: 'features-failed';
  readonly utterance: Utterance;
  readonly revision: number;
  readonly cause: unknown;
}

/** Output of the feature stage, input of the inference stage. */
export type FeatureSignal = UtteranceOpened | UtteranceFeatures | UtteranceFeaturesFailed;

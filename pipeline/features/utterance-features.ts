import type { Modality, ModalityReason, ModalityState } from '../../client-sdk/protocol/index.ts';
import type { FeatureTensors } from '../../models/index.ts';
import type { Utterance, UtteranceOpened } from '../window/utterance.ts';

/** How usable a modality of an utterance is: state, and quality 0…1 (null where there is no signal to judge). */
export interface ModalityCondition {
  readonly state: ModalityState;
  readonly quality: number | null;
  /** Why something that is there counts as absent or noisy. */
  readonly reason?: ModalityReason;
  /** Of a voice: with how many earlier utterances of its participant it is compared, ≥ 1. Left out: with none. */
  readonly baselineUtterances?: number;
}

/** A word of a text, punctuation included: characters `[start, end)` (UTF-16 code units), and tokens of the text's ids. */
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
  /** 0 when the utterance closes, one more each time its words land or change. */
  readonly revision: number;
  readonly tensors: FeatureTensors;
  readonly conditions: Readonly<Record<Modality, ModalityCondition>>;
  /** The words that were said; null when there are none. `tensors.text` may be null all the same: `conditions` says why. */
  readonly text: string | null;
  /** The words of `text` that `tensors.text` holds, in order, none of its context; empty when there are none. */
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

/** What the feature stage tells the inference stage. */
export type FeatureSignal = UtteranceOpened | UtteranceFeatures | UtteranceFeaturesFailed;

import type { AudioBaseline, AudioFeatures, FaceGroups, TextTokens } from './feature-tensors.ts';

/** Inputs of the fusion: encoded words and faces, raw audio features; null = modality missing. */
export interface FusionInputs {
  readonly text: Float32Array | null;
  readonly audio: AudioFeatures | null;
  readonly video: Float32Array | null;
  /** The speaker's baseline. It counts only together with `audio`, and if the model takes one. Default: none. */
  readonly baseline?: AudioBaseline | null;
}

export interface EncodedText {
  /** Input of the fusion. */
  readonly embedding: Float32Array;
  /**
   * How much each token contributes to the embedding, in the order of the utterance's own ids; 0 for the first and the
   * last, `[CLS]` and `[SEP]`. The others sum to 1. null if the bundle does not provide weights.
   */
  readonly tokenWeights: Float32Array | null;
}

export interface EncodedFaces {
  /** Input of the fusion. */
  readonly embedding: Float32Array;
  /** Probability that a mask or a hand covers the mouth, 0…1, averaged over the faces; null if the bundle lacks it. */
  readonly mouthCovered: number | null;
}

/** Sets of modalities in which the fusion finds evidence. */
export const EVIDENCE_SET_COUNT = 10;

export interface EmotionScores {
  /** Calibrated probabilities `[7]`, in the protocol's label order, summing to 1, as the operating point shifts them. */
  readonly emotion: Float32Array;
  /** Whether the most probable emotion is certain; null if the bundle has no operating point. */
  readonly certain: boolean | null;
  /** Calibrated probabilities `[7]` of −3…3, summing to 1. */
  readonly sentiment: Float32Array;
  /**
   * Calibrated probability that the speaker is dissatisfied, 0…1, and whether it reaches the operating point's threshold.
   * null without words, and if the bundle does not provide it.
   */
  readonly dissatisfaction: { readonly probability: number; readonly likely: boolean } | null;
  /**
   * Share of the evidence for the emotion that is most probable before the operating point shifts them,
   * `[text, audio, video]`, 0…1, summing to 1; 0 for a missing one.
   */
  readonly contributions: Float32Array;
  /**
   * Share of each of the fusion's sets in that evidence, `[10]`, −1…1, absolute values summing to 1; below 0 if a set
   * speaks against that emotion, 0 for a set with a missing modality. Order: text, audio, video; text×audio,
   * text×video, audio×video; all three; the unions of the two pairs that share text, audio, video. null if the bundle
   * does not provide them.
   */
  readonly setContributions: Float32Array | null;
}

/** Requirements of an emotion model for its features. */
export interface FeatureNeeds {
  /** Contents of the bundle's `tokenizer.json` and `tokenizer_config.json`. */
  readonly tokenizer: { readonly json: object; readonly config: object };
  /** ISO 639 codes of the languages that the text encoder reads; empty if it reads any. */
  readonly languages: readonly string[];
  /** Most tokens of a text, context included, 50…128. */
  readonly maxTokens: number;
  /** Number of earlier utterances that are given with a text as context; 0: the model takes no context. */
  readonly contextUtterances: number;
  /** Whether the model takes the mean of the participant's earlier utterances with a voice. */
  readonly takesBaseline: boolean;
}

/**
 * The multimodal interaction model. Words and faces are encoded separately, so that a revision need not encode both again.
 * Every method batches across callers and rejects with a `ModelError` (`code`: `overloaded`, `failed`, `closed`).
 */
export interface EmotionModel extends FeatureNeeds {
  /** `<bundle>@<version>`. */
  readonly id: string;
  /** Name of the operating point of the scores; null if the bundle has none. */
  readonly operatingPoint: string | null;
  embedText(text: TextTokens): Promise<EncodedText>;
  embedFaces(faces: FaceGroups): Promise<EncodedFaces>;
  /** At least one input is present. */
  fuse(inputs: FusionInputs): Promise<EmotionScores>;
  close(): Promise<void>;
}

/** Samples of one voice-activity frame: 32 ms at 16 kHz. */
export const VAD_FRAME_SAMPLES = 512;

/** Voice activity of one track. Frames must be pushed in order; pushes may overlap in time. */
export interface VoiceActivityStream {
  /** `samples`: a multiple of {@link VAD_FRAME_SAMPLES} at 16 kHz. Resolves to one speech probability (0…1) per frame. */
  push(samples: Float32Array): Promise<Float32Array>;
}

export interface VoiceActivityModel {
  openStream(): VoiceActivityStream;
}

import type { AudioBaseline, AudioFeatures, FaceGroups, TextTokens } from './feature-tensors.ts';

/** Inputs of the fusion: encoded words and faces, raw audio features; null = modality missing. */
export interface FusionInputs {
  readonly text: Float32Array | null;
  readonly audio: AudioFeatures | null;
  readonly video: Float32Array | null;
  /** What the voice is compared with. It counts only beside `audio`, and where the model takes one. Default: nothing. */
  readonly baseline?: AudioBaseline | null;
}

export interface EncodedText {
  /** What the fusion takes. */
  readonly embedding: Float32Array;
  /**
   * How much of each token the embedding takes up, in the order of the utterance's own ids; 0 for the first and the last,
   * `[CLS]` and `[SEP]`. The others sum to 1, or all are 0 where there are none. null when the bundle does not tell.
   */
  readonly tokenWeights: Float32Array | null;
}

export interface EncodedFaces {
  /** What the fusion takes. */
  readonly embedding: Float32Array;
  /** How probable it is that a mask or a hand covers the mouth, 0…1, the mean over the faces; null when the bundle does not tell. */
  readonly mouthCovered: number | null;
}

/** Sets of modalities in which the fusion finds evidence. */
export const EVIDENCE_SET_COUNT = 10;

export interface EmotionScores {
  /** Calibrated probabilities `[7]`, in the protocol's label order, summing to 1, as the operating point shifts them. */
  readonly emotion: Float32Array;
  /** Whether the top emotion may be relied on; null when the bundle does not tell. */
  readonly certain: boolean | null;
  /** Calibrated probabilities `[7]` of −3…3, summing to 1. */
  readonly sentiment: Float32Array;
  /**
   * How probable it is that the speaker is dissatisfied, calibrated, 0…1, and whether the operating point calls that
   * likely. null without words, and when the bundle does not tell.
   */
  readonly dissatisfaction: { readonly probability: number; readonly likely: boolean } | null;
  /**
   * Share of the evidence for the emotion that is most probable before the operating point shifts them,
   * `[text, audio, video]`, 0…1, summing to 1; 0 for a missing one.
   */
  readonly contributions: Float32Array;
  /**
   * Share of each of the fusion's sets in that evidence, `[10]`, −1…1, absolute values summing to 1; below 0 where a set
   * speaks against that emotion, 0 for a set with a missing modality. Order: text, audio, video; text×audio,
   * text×video, audio×video; all three; the unions of the two pairs that share text, audio, video. null when the bundle
   * does not tell.
   */
  readonly setContributions: Float32Array | null;
}

/** What an emotion model asks of the features that it is given. */
export interface FeatureNeeds {
  /** Contents of the bundle's `tokenizer.json` and `tokenizer_config.json`. */
  readonly tokenizer: { readonly json: object; readonly config: object };
  /** ISO 639 codes of the languages that the text encoder reads; empty where it reads any. */
  readonly languages: readonly string[];
  /** Tokens of a text at most, context included, 50…128. */
  readonly maxTokens: number;
  /** How many utterances before a text are given with it as context; 0: the model takes no context. */
  readonly contextUtterances: number;
  /** Whether a voice is given with the mean of its participant's earlier utterances. */
  readonly takesBaseline: boolean;
}

/**
 * The multimodal interaction model. Words and faces are encoded on their own, so that a revision recomputes neither.
 * Every method batches across callers and rejects with a `ModelError` (`code`: `overloaded`, `failed`, `closed`).
 */
export interface EmotionModel extends FeatureNeeds {
  /** `<bundle>@<version>`. */
  readonly id: string;
  /** Name of the bundle's operating point that scores follow; null where the bundle has none. */
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
  /** `samples`: a multiple of {@link VAD_FRAME_SAMPLES} at 16 kHz. Resolves to one speech probability (0…1) a frame. */
  push(samples: Float32Array): Promise<Float32Array>;
}

export interface VoiceActivityModel {
  openStream(): VoiceActivityStream;
}

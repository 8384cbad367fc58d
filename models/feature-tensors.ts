import { VOICE_EMBEDDING_SIZE } from './voice/voice-encoder.ts';

/** Least number of tokens per text that a bundle must take: the paper's. */
export const LEAST_MAX_TOKENS = 50;
/** Largest number of tokens per text that a bundle may take. */
export const MOST_MAX_TOKENS = 128;
/** The paper's 128 measures and the encoded voice. */
export const AUDIO_FEATURE_COUNT = 128 + VOICE_EMBEDDING_SIZE;
export const FACE_SIZE_PX = 64;
export const MAX_FACES = 25;
export const FACE_GROUP_SIZE = 10;
export const FACE_GROUP_STRIDE = 5;
export const FACE_GROUP_COUNT = 5;

/**
 * WordPiece tokens without padding: `[CLS] utterance [SEP]`, then earlier utterances as context, each ending in `[SEP]`, the
 * newest last. At most as many tokens as the bundle takes.
 */
export interface TextTokens {
  readonly ids: Int32Array;
  /** How many of the ids belong to the utterance itself, ≥ 1; the others are context. Default: all. */
  readonly ownCount?: number;
}

/**
 * 40 MFCC means, the 88 eGeMAPS functionals in openSMILE's order, raw units; then the encoded voice, mean and deviation
 * of 384 values over the utterance. Finite. Shape `[896]`.
 */
export type AudioFeatures = Float32Array;

/** The baseline of a participant: the mean voice of its earlier utterances in the call. Immutable. */
export interface AudioBaseline {
  /** Mean of the features of these utterances. */
  readonly mean: AudioFeatures;
  /** How many there were, ≥ 1. */
  readonly utterances: number;
}

/**
 * Aligned gray faces, 0…255, `[FACE_GROUP_COUNT, FACE_GROUP_SIZE, 64, 64]` row-major: group g holds faces
 * `5g … 5g+9` of at most 25. Missing faces are zero. `faceCount` of them are real, 1…25.
 */
export interface FaceGroups {
  readonly pixels: Uint8Array;
  readonly faceCount: number;
}

/** One utterance without a batch axis; null = modality missing. */
export interface FeatureTensors {
  readonly text: TextTokens | null;
  readonly audio: AudioFeatures | null;
  readonly video: FaceGroups | null;
  /** The baseline for `audio`; null without a voice, without an earlier one, and if the model takes none. */
  readonly baseline: AudioBaseline | null;
}

import { VOICE_EMBEDDING_SIZE } from './voice/voice-encoder.ts';

/** Tokens that a bundle must take of a text, at least: the paper's. */
export const LEAST_MAX_TOKENS = 50;
/** Tokens that a bundle may take of a text, at most. */
export const MOST_MAX_TOKENS = 128;
/** The paper's 128 measures and the encoded voice. */
export const AUDIO_FEATURE_COUNT = 128 + VOICE_EMBEDDING_SIZE;
export const FACE_SIZE_PX = 64;
export const MAX_FACES = 25;
export const FACE_GROUP_SIZE = 10;
export const FACE_GROUP_STRIDE = 5;
export const FACE_GROUP_COUNT = 5;

/**
 * WordPiece tokens, unpadded: `[CLS] utterance [SEP]`, then the utterances before it, each with a `[SEP]` at its end, the
 * newest last. At most as many as the bundle takes.
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

/** What the voice of a participant was like in its earlier utterances of the call. Immutable. */
export interface AudioBaseline {
  /** Mean of the features of these utterances. */
  readonly mean: AudioFeatures;
  /** How many there were, ≥ 1. */
  readonly utterances: number;
}

/**
 * Aligned gray faces, 0…255, `[FACE_GROUP_COUNT, FACE_GROUP_SIZE, 64, 64]` row-major: group g holds faces
 * `5g … 5g+9` of at most 25; what has no face is zero. `faceCount` of them are real, 1…25.
 */
export interface FaceGroups {
  readonly pixels: Uint8Array;
  readonly faceCount: number;
}

/** One utterance, no batch axis; null = modality missing. */
export interface FeatureTensors {
  readonly text: TextTokens | null;
  readonly audio: AudioFeatures | null;
  readonly video: FaceGroups | null;
  /** What `audio` is compared with; null without a voice, without an earlier one, and where the model takes none. */
  readonly baseline: AudioBaseline | null;
}

import { VOICE_EMBEDDING_SIZE } from './voice-encoder.ts';

/** Paper's shapes of one utterance's inputs. */
export const MAX_TOKENS = 50;
/** The paper's 128 measures and the encoded voice. */
export const AUDIO_FEATURE_COUNT = 128 + VOICE_EMBEDDING_SIZE;
export const FACE_SIZE_PX = 64;
export const MAX_FACES = 25;
export const FACE_GROUP_SIZE = 10;
export const FACE_GROUP_STRIDE = 5;
export const FACE_GROUP_COUNT = 5;

/** WordPiece tokens, `[CLS] … [SEP]`, at most {@link MAX_TOKENS}, unpadded. */
export interface TextTokens {
  readonly ids: Int32Array;
}

/**
 * 40 MFCC means, the 88 eGeMAPS functionals in openSMILE's order, raw units; then the encoded voice, mean and deviation
 * of 384 values over the utterance. Finite. Shape `[896]`.
 */
export type AudioFeatures = Float32Array;

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
}

import { fileURLToPath } from 'node:url';
import type { GraphRunner } from '../runtime/tensor.ts';

/** Bands of a log-mel frame. */
export const MEL_BAND_COUNT = 80;
/** Frames per block, 10 ms each: one second. */
export const MEL_BLOCK_FRAMES = 100;
/** Values per 20 ms from the encoder. */
export const VOICE_WIDTH = 384;
/** Values of an utterance's encoded voice: mean and deviation of each of {@link VOICE_WIDTH}. */
export const VOICE_EMBEDDING_SIZE = 2 * VOICE_WIDTH;

/** The voice encoder's graph by name, for a {@link GraphRunner}: absolute path of a vendored ONNX file. */
export const VOICE_GRAPHS = {
  'voice-encoder': fileURLToPath(new URL('./voice-encoder.onnx', import.meta.url)),
} as const;

/** One second of audio, or the rest of an utterance. */
export interface MelBlock {
  /** `[100, 80]`, frame by frame, as Whisper scales them; zeros from `frameCount` on. */
  readonly bands: Float32Array;
  /** Real frames, 1…100. */
  readonly frameCount: number;
}

/** A block's encoding, as sums over its {@link tokenCount} tokens of 20 ms. */
export interface EncodedBlock {
  readonly tokenCount: number;
  /** `[384]` sums, then `[384]` sums of squares. */
  readonly sums: Float32Array;
}

/** The first part of a speech encoder. Each block is encoded separately. Rejects with a `ModelError`. */
export interface VoiceEncoder {
  /** Takes over the block's buffer. */
  encode(block: MelBlock): Promise<EncodedBlock>;
}

/** `runner` has the graph of {@link VOICE_GRAPHS}. The caller closes it. */
export function openVoiceEncoder(runner: GraphRunner): VoiceEncoder {
  return {
    async encode({ bands, frameCount }) {
      if (bands.length !== MEL_BLOCK_FRAMES * MEL_BAND_COUNT) {
        throw new RangeError(`a block has ${MEL_BLOCK_FRAMES} × ${MEL_BAND_COUNT} values, not ${bands.length}`);
      }
      if (!(Number.isInteger(frameCount) && frameCount >= 1 && frameCount <= MEL_BLOCK_FRAMES)) {
        throw new RangeError(`frameCount must be 1 to ${MEL_BLOCK_FRAMES}, not ${frameCount}`);
      }
      const { sums } = await runner.run('voice-encoder', {
        bands: { dtype: 'float32', shape: [1, MEL_BLOCK_FRAMES, MEL_BAND_COUNT], data: bands },
        frames: { dtype: 'int64', shape: [1], data: BigInt64Array.of(BigInt(frameCount)) },
      });
      if (sums?.dtype !== 'float32') throw new TypeError('the output of the voice graph is not float32');
      return { tokenCount: Math.ceil(frameCount / 2), sums: sums.data };
    },
  };
}

import { fileURLToPath } from 'node:url';
import type { GraphRunner } from '../runtime/tensor.ts';

/** Samples of one excerpt: 1.6 s at 16 kHz, rounded up to whole frames. */
export const SPEAKER_EXCERPT_SAMPLES = 25_840;
/** Values that describe a speaker. */
export const SPEAKER_WIDTH = 256;

/** The speaker encoder's graph by name, for a {@link GraphRunner}: absolute path of a vendored ONNX file. */
export const SPEAKER_GRAPHS = {
  'speaker-encoder': fileURLToPath(new URL('./speaker-encoder.onnx', import.meta.url)),
} as const;

/** Describes who speaks, whatever is said. Rejects with a `ModelError`. */
export interface SpeakerEncoder {
  /**
   * @param samples - `[SPEAKER_EXCERPT_SAMPLES]` at 16 kHz, at any level. Takes over the buffer.
   * @returns a unit vector `[SPEAKER_WIDTH]`. The dot product of two is the similarity of two voices, 0…1.
   */
  describe(samples: Float32Array): Promise<Float32Array>;
}

/** `runner` has the graph of {@link SPEAKER_GRAPHS}. The caller closes it. */
export function openSpeakerEncoder(runner: Pick<GraphRunner, 'run'>): SpeakerEncoder {
  return {
    async describe(samples) {
      if (samples.length !== SPEAKER_EXCERPT_SAMPLES) {
        throw new RangeError(`an excerpt has ${SPEAKER_EXCERPT_SAMPLES} samples, not ${samples.length}`);
      }
      const { speaker } = await runner.run('speaker-encoder', {
        samples: { dtype: 'float32', shape: [1, SPEAKER_EXCERPT_SAMPLES], data: samples },
      });
      if (speaker?.dtype !== 'float32') throw new TypeError('the speaker graph gave no float32 output');
      return speaker.data;
    },
  };
}

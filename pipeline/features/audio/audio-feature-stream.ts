import { EgemapsStream } from './egemaps/egemaps-stream.ts';
import { EGEMAPS_FEATURE_COUNT, EGEMAPS_FEATURE_NAMES } from './egemaps/feature-names.ts';
import { MFCC_COUNT, MfccStream } from './mfcc.ts';
import { SampleBuffer } from './sample-buffer.ts';
import { SignalQualityStream } from './signal-quality.ts';

/** Number of audio features an utterance: 40 MFCC means and 88 eGeMAPSv02 functionals. */
export const AUDIO_FEATURE_COUNT = MFCC_COUNT + EGEMAPS_FEATURE_COUNT;

/** Names of the audio features in their order: `mfcc01_mean`…`mfcc40_mean`, then openSMILE's names. */
export const AUDIO_FEATURE_NAMES: readonly string[] = [
  ...Array.from({ length: MFCC_COUNT }, (_, i) => `mfcc${String(i + 1).padStart(2, '0')}_mean`),
  ...EGEMAPS_FEATURE_NAMES,
];

export interface AudioFeatureResult {
  /** {@link AUDIO_FEATURE_COUNT} finite values, owned by the caller. */
  readonly features: Float32Array;
  /** 0 (useless) … 1 (clean). */
  readonly quality: number;
  readonly state: 'ok' | 'noisy' | 'absent';
}

/** Computes one utterance's audio features while its samples come in. Any cut into chunks gives the same features. */
export interface AudioFeatureStream {
  /**
   * Takes the next samples, 16 kHz mono, −1…1, finite; they are copied.
   * @throws RangeError when the utterance would exceed 20 s.
   */
  push(samples: Float32Array): void;
  /**
   * Ends the utterance after its first `lengthSamples` samples; what was pushed beyond takes no part. The stream cannot
   * be used again.
   * @throws RangeError when `lengthSamples` is not an integer from 0 to the number of samples pushed.
   */
  finish(lengthSamples: number): AudioFeatureResult;
}

export function createAudioFeatureStream(): AudioFeatureStream {
  const buffer = new SampleBuffer();
  const mfcc = new MfccStream(buffer);
  const egemaps = new EgemapsStream(buffer);
  const signalQuality = new SignalQualityStream(buffer);
  return {
    push(samples) {
      buffer.append(samples);
      mfcc.advance();
      egemaps.advance();
      signalQuality.advance();
    },
    finish(lengthSamples) {
      if (!Number.isInteger(lengthSamples) || lengthSamples < 0 || lengthSamples > buffer.length) {
        throw new RangeError(`an utterance of ${lengthSamples} samples cannot be cut from ${buffer.length}`);
      }
      const features = new Float32Array(AUDIO_FEATURE_COUNT);
      mfcc.finish(lengthSamples, features);
      egemaps.finish(lengthSamples, features, MFCC_COUNT);
      const { quality, state } = signalQuality.finish(lengthSamples);
      return { features, quality, state };
    },
  };
}

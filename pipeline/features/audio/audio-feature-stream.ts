import type { MelBlock } from '../../../models/index.ts';
import { SAMPLE_RATE_HZ } from '../../media/media-time.ts';
import { DescriptorStream, EGEMAPS_REACH_SAMPLES } from './egemaps/descriptor-stream.ts';
import { EGEMAPS_FEATURE_COUNT, EGEMAPS_FEATURE_NAMES } from './egemaps/feature-names.ts';
import { SHORT_FRAME_SAMPLES, wholeFrames } from './egemaps/framing.ts';
import { summarize } from './egemaps/summarize.ts';
import type { VoiceKernels } from './kernels/voice-kernels.ts';
import { wasmKernels } from './kernels/wasm-kernels.ts';
import { MEL_BLOCK_REACH_SAMPLES, MelBlocks } from './mel-blocks.ts';
import { MFCC_COUNT, MFCC_REACH_SAMPLES, MfccStream } from './mfcc.ts';
import { forShortParts, SampleBuffer } from './sample-buffer.ts';
import { SignalQualityStream } from './signal-quality.ts';

/** Measures of an utterance's voice: 40 MFCC means and 88 eGeMAPSv02 functionals. Its encoded voice follows them. */
export const MEASURE_COUNT = MFCC_COUNT + EGEMAPS_FEATURE_COUNT;

/** Names of the measures in their order: `mfcc01_mean`…`mfcc40_mean`, then openSMILE's names. */
export const AUDIO_FEATURE_NAMES: readonly string[] = [
  ...Array.from({ length: MFCC_COUNT }, (_, i) => `mfcc${String(i + 1).padStart(2, '0')}_mean`),
  ...EGEMAPS_FEATURE_NAMES,
];

/** Samples before an utterance's end that must still be held when it ends. */
const REACH_SAMPLES = Math.max(MFCC_REACH_SAMPLES, EGEMAPS_REACH_SAMPLES, MEL_BLOCK_REACH_SAMPLES);

export interface AudioFeatureResult {
  /** {@link MEASURE_COUNT} finite values, owned by the caller. */
  readonly features: Float32Array;
  /** 0 (useless) … 1 (clean). */
  readonly quality: number;
  readonly state: 'ok' | 'noisy' | 'absent';
  /** How many of the blocks passed to {@link AudioFeatureOptions.onBlock} lie entirely in the utterance. */
  readonly wholeBlocks: number;
  /** The utterance's last, shorter block; null when nothing is left, and without `onBlock`. */
  readonly rest: MelBlock | null;
}

export interface AudioFeatureOptions {
  /**
   * How far before the newest sample an utterance may end, ms. This much audio is held in memory, plus one second.
   * Default 20 000.
   */
  readonly lookBackMs?: number;
  /**
   * Receives each whole second of log-mel frames as it is spoken, including seconds after an end that is decided later.
   * Default: no frames are computed.
   */
  readonly onBlock?: (block: MelBlock) => void;
}

/**
 * Computes one utterance's audio features while its samples arrive. The features do not depend on how the samples are
 * cut into chunks. An utterance may have any length: only its newest samples are held, and of its frames what the
 * statistics need (about 30 KB per second).
 */
export interface AudioFeatureStream {
  /** Takes the next samples, 16 kHz mono, −1…1, finite; they are copied. */
  push(samples: Float32Array): void;
  /**
   * Ends the utterance after its first `lengthSamples` samples. Samples beyond that are ignored. The stream cannot be
   * used again.
   * @throws RangeError when `lengthSamples` is not an integer from 0 to the number of samples pushed, or lies further
   * back than {@link AudioFeatureOptions.lookBackMs}.
   */
  finish(lengthSamples: number): AudioFeatureResult;
}

/**
 * @param kernels default: those of the thread.
 * @throws RangeError when `lookBackMs` is not a number from 0 on.
 */
export function createAudioFeatureStream(
  options: AudioFeatureOptions = {},
  kernels: VoiceKernels = wasmKernels,
): AudioFeatureStream {
  const { lookBackMs = 20_000, onBlock } = options;
  const lookBackSamples = Math.ceil((lookBackMs * SAMPLE_RATE_HZ) / 1000);
  if (!Number.isInteger(lookBackSamples) || lookBackSamples < 0) {
    throw new RangeError(`lookBackMs must be 0 or more, not ${lookBackMs}`);
  }
  const buffer = new SampleBuffer(lookBackSamples + REACH_SAMPLES);
  const mfcc = new MfccStream(buffer, kernels);
  const descriptors = new DescriptorStream(buffer, { lookBackSamples, formantsIn: 'voiced-frames', kernels });
  const signalQuality = new SignalQualityStream(buffer, kernels);
  const melBlocks = onBlock === undefined ? null : new MelBlocks(buffer, onBlock, kernels);
  const take = (part: Float32Array) => {
    buffer.append(part);
    mfcc.advance();
    descriptors.advance();
    signalQuality.advance();
    melBlocks?.advance();
  };
  return {
    push: (samples) => forShortParts(samples, take),
    finish(lengthSamples) {
      if (!Number.isInteger(lengthSamples) || lengthSamples < 0 || lengthSamples > buffer.length) {
        throw new RangeError(`an utterance of ${lengthSamples} samples cannot be cut from ${buffer.length}`);
      }
      if (buffer.length - lengthSamples > lookBackSamples) {
        throw new RangeError(`the end lies more than ${lookBackMs} ms before the newest sample`);
      }
      const features = new Float32Array(MEASURE_COUNT);
      mfcc.finish(lengthSamples, features);
      const frames = { all: wholeFrames(lengthSamples, SHORT_FRAME_SAMPLES), voice: descriptors.finish(lengthSamples) };
      summarize(descriptors.lld, frames, features, MFCC_COUNT);
      const { quality, state } = signalQuality.finish(lengthSamples);
      const { wholeBlocks, rest } = melBlocks?.finish(lengthSamples) ?? { wholeBlocks: 0, rest: null };
      return { features, quality, state, wholeBlocks, rest };
    },
  };
}

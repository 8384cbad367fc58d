import { SAMPLE_RATE_HZ } from '../../../media/media-time.ts';

/** All descriptors step 10 ms; frame `t` starts at sample `t * HOP_SAMPLES`. */
export const HOP_SAMPLES = SAMPLE_RATE_HZ / 100;
/** Frames of 20 ms carry spectrum, cepstrum, loudness and formants. */
export const SHORT_FRAME_SAMPLES = 320;
/** Frames of 60 ms carry pitch, harmonics and voice quality. */
export const LONG_FRAME_SAMPLES = 960;
export const SHORT_FFT_SIZE = 512;
export const LONG_FFT_SIZE = 1024;

/** Frames of `frameSamples` that lie wholly inside `lengthSamples`. */
export function wholeFrames(lengthSamples: number, frameSamples: number): number {
  return lengthSamples < frameSamples ? 0 : Math.floor((lengthSamples - frameSamples) / HOP_SAMPLES) + 1;
}

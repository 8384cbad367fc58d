/** Sample rate after the sync stage, in Hz. */
export const SAMPLE_RATE_HZ = 16_000;

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1000;

/** Media time of a position on the 16 kHz grid. Exact: a sample lasts 1/16 ms. */
export function samplesToMs(samples: number): number {
  return samples / SAMPLES_PER_MS;
}

/** The position on the 16 kHz grid nearest to a media time. */
export function msToSamples(ms: number): number {
  return Math.round(ms * SAMPLES_PER_MS);
}

/** Latest media time that a frame may carry, in ms (about 31 years): keeps sample positions exact integers. */
export const MAX_FRAME_TIME_MS = 1e12;

/** Whether `ms` can be a media time: finite, not negative, at most {@link MAX_FRAME_TIME_MS}. */
export function isFrameTime(ms: number): boolean {
  return ms >= 0 && ms <= MAX_FRAME_TIME_MS;
}

import { SAMPLE_RATE_HZ } from '../../../../media/media-time.ts';
import { SHORT_FFT_SIZE } from '../../egemaps/framing.ts';

/** Width of a bin of a short frame, Hz. */
export const SHORT_BIN_HZ = SAMPLE_RATE_HZ / SHORT_FFT_SIZE;

/**
 * Weights of the bins' decibels whose sum is the slope of a band, dB/Hz: least squares over the bins in it. openSMILE
 * counts the steps of the interval, not its points, and so does this.
 */
export function slopeWeights(fromHz: number, toHz: number): Float64Array {
  const from = Math.round(fromHz / SHORT_BIN_HZ);
  const to = Math.round(toHz / SHORT_BIN_HZ);
  const count = to - from;
  let sumX = 0;
  let sumXx = 0;
  for (let bin = from; bin <= to; bin++) {
    sumX += bin * SHORT_BIN_HZ;
    sumXx += (bin * SHORT_BIN_HZ) ** 2;
  }
  const spread = count * sumXx - sumX * sumX;
  return Float64Array.from({ length: to + 1 }, (_, bin) =>
    bin < from ? 0 : (count * bin * SHORT_BIN_HZ - sumX) / spread,
  );
}

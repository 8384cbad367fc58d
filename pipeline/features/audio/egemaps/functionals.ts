import { Moments } from './moments.ts';

/** Mean, and standard deviation divided by the mean, so it has the mean's sign. Both are 0 without values. */
export function writeMoments(values: Float64Array, length: number, output: Float32Array, at: number): void {
  const moments = new Moments();
  for (let t = 0; t < length; t++) moments.add(values[t]!);
  output[at] = moments.mean;
  output[at + 1] = moments.mean === 0 ? 0 : moments.stddev / moments.mean;
}

/** Moves the values that are not zero to the front. Returns how many there are. */
export function keepNonZero(values: Float64Array, length: number): number {
  let kept = 0;
  for (let t = 0; t < length; t++) {
    if (values[t] !== 0) values[kept++] = values[t]!;
  }
  return kept;
}

/** Value below which a share of `share` of the sorted values lies, interpolated linearly; 0 without values. */
export function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return 0;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

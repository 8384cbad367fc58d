import { AUDIO_FEATURE_NAMES } from '../../../pipeline/index.ts';
import { nearestRank } from '../statistics.ts';

/** One value a feature. */
export type Features = ArrayLike<number>;

/** Ours and the references' features of one clip. */
export interface Pair {
  readonly ours: Features;
  readonly theirs: Features;
}

/** How near a feature comes to its reference, over many clips. */
export interface FeatureAgreement {
  readonly name: string;
  /** Pearson's correlation; NaN where the reference never changes. */
  readonly r: number;
  /** Relative to the reference's size. */
  readonly medianError: number;
  readonly p95Error: number;
  readonly largestError: number;
}

/** Agreement of each feature, in the order of {@link AUDIO_FEATURE_NAMES}. */
export function agreementOf(pairs: readonly Pair[]): FeatureAgreement[] {
  return AUDIO_FEATURE_NAMES.map((name, i) => {
    const ours = pairs.map((pair) => pair.ours[i]!);
    const theirs = pairs.map((pair) => pair.theirs[i]!);
    const errors = ours.map((value, clip) => relativeError(value, theirs[clip]!));
    return {
      name,
      r: correlation(ours, theirs),
      medianError: nearestRank(errors, 0.5),
      p95Error: nearestRank(errors, 0.95),
      largestError: nearestRank(errors, 1),
    };
  });
}

/** How many correlate at least by `r`. */
export function countFrom(agreements: readonly FeatureAgreement[], r: number): number {
  return agreements.filter((agreement) => agreement.r >= r).length;
}

function relativeError(value: number, reference: number): number {
  return value === reference ? 0 : Math.abs(value - reference) / Math.max(Math.abs(reference), 1e-9);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const meanA = mean(a);
  const meanB = mean(b);
  let [product, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i]! - meanA;
    const y = b[i]! - meanB;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return product / Math.sqrt(squareA * squareB);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { LONG_FRAME_SAMPLES } from '../../../pipeline/features/audio/egemaps/framing.ts';

/** Samples whose variance is below this share of their energy are constant. */
const ROUNDING = 1e-12;

/** Finds the lag at which samples most resemble the samples after them; read the fields after `match`. */
export class PeriodMatcher {
  /** Whole length of the period, samples. */
  lag = 0;
  /** Its length refined by a parabola, samples. */
  length = 0;
  /** Pearson correlation with the next period at that length. */
  correlation = 0;
  /** Running sums of the samples and of their squares, before each sample. */
  readonly #sums = new Float64Array(LONG_FRAME_SAMPLES + 1);
  readonly #squares = new Float64Array(LONG_FRAME_SAMPLES + 1);

  /** False if the correlation has no local maximum strictly between the two lags. */
  match(samples: Float32Array, at: number, shortest: number, longest: number): boolean {
    this.#accumulate(samples, at, 2 * longest);
    let found = false;
    let before = this.#correlate(samples, at, shortest);
    let here = this.#correlate(samples, at, shortest + 1);
    let highest = Number.NEGATIVE_INFINITY;
    for (let lag = shortest + 1; lag < longest; lag++) {
      const after = this.#correlate(samples, at, lag + 1);
      if (here > before && here >= after && here > highest) {
        found = true;
        highest = here;
        const offset = (0.5 * (before - after)) / (before - 2 * here + after);
        this.lag = lag;
        this.length = lag + offset;
        this.correlation = here - 0.25 * (before - after) * offset;
      }
      before = here;
      here = after;
    }
    return found;
  }

  #accumulate(samples: Float32Array, at: number, count: number): void {
    let sum = 0;
    let square = 0;
    for (let n = 0; n < count; n++) {
      const sample = samples[at + n]!;
      sum += sample;
      square += sample * sample;
      this.#sums[n + 1] = sum;
      this.#squares[n + 1] = square;
    }
  }

  /** Pearson correlation of `lag` samples with the next `lag`; 0 where either is constant. */
  #correlate(samples: Float32Array, at: number, lag: number): number {
    let product = 0;
    for (let n = at; n < at + lag; n++) product += samples[n]! * samples[n + lag]!;
    const sumA = this.#sums[lag]!;
    const sumB = this.#sums[2 * lag]! - sumA;
    const squareA = this.#squares[lag]!;
    const squareB = this.#squares[2 * lag]! - squareA;
    const spreadA = squareA - (sumA * sumA) / lag;
    const spreadB = squareB - (sumB * sumB) / lag;
    if (spreadA <= ROUNDING * squareA || spreadB <= ROUNDING * squareB) return 0;
    return (product - (sumA * sumB) / lag) / Math.sqrt(spreadA * spreadB);
  }
}

/** Highest minus lowest sample of a period, without its first and last sample. */
export function peakToPeak(samples: Float32Array, at: number, length: number): number {
  let low = samples[at + 1]!;
  let high = low;
  for (let n = at + 2; n < at + length - 1; n++) {
    const sample = samples[n]!;
    if (sample < low) low = sample;
    else if (sample > high) high = sample;
  }
  return high - low;
}

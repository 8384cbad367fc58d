/** Peaks of a contour, and its slopes between extremes, in changes per second. */
export interface ContourSlopes {
  readonly peakCount: number;
  readonly meanRising: number;
  readonly stddevRising: number;
  readonly meanFalling: number;
  readonly stddevFalling: number;
}

/** An extreme must differ from the one before by more than this share of the contour's range. */
const RELATIVE_THRESHOLD = 0.1;
/** A peak this many times as high as the salient peak before it replaces it, however flat the valley between them is. */
const CLEARLY_HIGHER = 1.05;

/**
 * Finds the contour's salient peaks and valleys, and the slopes of the lines that join its first value, the extremes and
 * its last value.
 *
 * As in openSMILE, the line to a peak is a rise and the line to a valley a fall, even where the first value lies on the
 * wrong side; the line to the last value takes part in the mean as a rise after a valley and as a fall after a peak, and
 * has no part in the squares under the standard deviation. The two values at either end are no extremes.
 * @param frameSeconds distance of two values.
 */
export function contourSlopes(values: Float64Array, length: number, frameSeconds: number): ContourSlopes {
  const rising = new SlopeStatistics();
  const falling = new SlopeStatistics();
  const slope = (from: number, to: number) => (values[to]! - values[from]!) / ((to - from) * frameSeconds);
  let peakCount = 0;
  let from = 0;
  const settle = (extreme: number, kind: Kind) => {
    if (kind === PEAK) {
      rising.add(slope(from, extreme));
      peakCount++;
    } else {
      falling.add(-slope(from, extreme));
    }
    from = extreme;
  };
  const { latest, kind } = findExtremes(values, length, settle);
  if (kind !== NEITHER) {
    settle(latest, kind);
    (kind === PEAK ? falling : rising).addLast(slope(latest, length - 1));
  }
  return {
    peakCount,
    meanRising: rising.mean,
    stddevRising: rising.stddev,
    meanFalling: falling.mean,
    stddevFalling: falling.stddev,
  };
}

/**
 * Passes on all salient extremes but the last, which it returns.
 *
 * Peaks and valleys alternate; of several in a row the most extreme counts. openSMILE measures the two differently: a
 * peak must rise above the valley before it, salient or not (but a valley higher than the latest salient one does not
 * count); a valley must fall below the latest peak that rose enough.
 */
function findExtremes(
  values: Float64Array,
  length: number,
  settle: (extreme: number, kind: Kind) => void,
): { latest: number; kind: Kind } {
  const threshold = RELATIVE_THRESHOLD * range(values, length);
  let latest = 0;
  let kind: Kind = NEITHER;
  let valley = values[0]!;
  let peak = values[0]!;
  for (let t = 2; t + 2 < length; t++) {
    const found = extremeKind(values, t);
    if (found === NEITHER) continue;
    const value = values[t]!;
    const tops = found === PEAK && kind === PEAK && value > CLEARLY_HIGHER * values[latest]!;
    const salient = tops || (found === PEAK ? Math.abs(value - valley) : peak - value) > threshold;
    if (found === VALLEY) valley = kind === VALLEY ? Math.min(valley, value) : value;
    if (!salient) continue;
    if (found === PEAK) peak = value;
    if (kind === found && (value - values[latest]!) * kind <= 0) continue;
    if (kind !== found && kind !== NEITHER) settle(latest, kind);
    latest = t;
    kind = found;
  }
  return { latest, kind };
}

type Kind = -1 | 0 | 1;
const PEAK = 1;
const VALLEY = -1;
const NEITHER = 0;

/** 1 for a local maximum, −1 for a local minimum, 0 for neither. */
function extremeKind(values: Float64Array, t: number): Kind {
  const fromLeft = values[t]! - values[t - 1]!;
  const fromRight = values[t]! - values[t + 1]!;
  if (fromLeft > 0 && fromRight > 0) return 1;
  return fromLeft < 0 && fromRight < 0 ? -1 : 0;
}

function range(values: Float64Array, length: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let t = 0; t < length; t++) {
    low = Math.min(low, values[t]!);
    high = Math.max(high, values[t]!);
  }
  return high - low;
}

class SlopeStatistics {
  #count = 0;
  #sum = 0;
  #squares = 0;
  /** Slopes that take part in the squares. */
  #inner = 0;
  #innerSum = 0;

  add(slope: number): void {
    this.#count++;
    this.#inner++;
    this.#sum += slope;
    this.#innerSum += slope;
    this.#squares += slope * slope;
  }

  addLast(slope: number): void {
    this.#count++;
    this.#sum += slope;
  }

  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  get stddev(): number {
    if (this.#count === 0) return 0;
    const mean = this.mean;
    const deviations = this.#squares - 2 * mean * this.#innerSum + this.#inner * mean * mean;
    return Math.sqrt(Math.max(0, deviations) / this.#count);
  }
}

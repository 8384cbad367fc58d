/** Peaks of a contour, and how steeply it rises and falls between its extremes; slopes are changes a second. */
export interface ContourSlopes {
  readonly peakCount: number;
  readonly meanRising: number;
  readonly stddevRising: number;
  readonly meanFalling: number;
  readonly stddevFalling: number;
}

/** An extreme must differ from the one before by more than this share of the contour's range. */
const RELATIVE_THRESHOLD = 0.1;
/** A peak is higher than another from so many times its height on. */
const HIGHER_PEAK = 1.05;

/**
 * Finds the contour's salient peaks and valleys, and the slopes of the lines that join its first value, the extremes and
 * its last value.
 *
 * The rules are the ones that openSMILE's output shows. The last but one value is never an extreme. The line to the last
 * value takes part in the mean with its sign, as a rise after a valley and as a fall after a peak, and has no part in the
 * squares under the standard deviation.
 * @param frameSeconds distance of two values.
 */
export function contourSlopes(values: Float64Array, length: number, frameSeconds: number): ContourSlopes {
  const extremes = new SalientExtremes(RELATIVE_THRESHOLD * range(values, length), values[0] ?? 0);
  const rising = new SlopeStatistics();
  const falling = new SlopeStatistics();
  let peakCount = 0;
  let before = 0;
  const settle = () => {
    const { latest, direction } = extremes;
    const slope = (values[latest]! - values[before]!) / ((latest - before) * frameSeconds);
    if (slope > 0) rising.add(slope);
    else if (slope < 0) falling.add(-slope);
    if (direction > 0) peakCount++;
    before = latest;
  };
  for (let t = 1; t + 2 < length; t++) {
    const kind = extremeKind(values, t);
    if (kind === 0 || !extremes.offer(kind, values[t]!)) continue;
    if (extremes.direction === -kind) settle();
    extremes.take(t, kind, values[t]!);
  }
  if (extremes.direction !== 0) {
    settle();
    const last = (values[length - 1]! - values[before]!) / ((length - 1 - before) * frameSeconds);
    (extremes.direction > 0 ? falling : rising).addLast(last);
  }
  return {
    peakCount,
    meanRising: rising.mean,
    stddevRising: rising.stddev,
    meanFalling: falling.mean,
    stddevFalling: falling.stddev,
  };
}

/** Tells which local extremes are salient. */
class SalientExtremes {
  /** Where the latest one is; it may still move to a higher peak or a lower valley. */
  latest = 0;
  /** 1 when the latest is a peak, −1 when it is a valley, 0 before there is one. */
  direction: -1 | 0 | 1 = 0;
  readonly #threshold: number;
  #latestValue: number;
  /** The latest local minimum, salient or not. */
  #valley: number;

  constructor(threshold: number, firstValue: number) {
    this.#threshold = threshold;
    this.#latestValue = firstValue;
    this.#valley = firstValue;
  }

  /** Takes note of the next local extreme. Returns whether it is salient: it follows the latest, or takes its place. */
  offer(kind: -1 | 1, value: number): boolean {
    const change = value - this.#latestValue;
    if (kind < 0) {
      this.#valley = value;
      return this.direction < 0 ? change < 0 : -change > this.#threshold;
    }
    const rises = value - this.#valley > this.#threshold;
    const isHigher = value > HIGHER_PEAK * this.#latestValue;
    if (this.direction > 0) return isHigher || (rises && change > 0);
    return rises || (change > this.#threshold && (this.direction < 0 || isHigher));
  }

  take(t: number, kind: -1 | 1, value: number): void {
    this.latest = t;
    this.direction = kind;
    this.#latestValue = value;
  }
}

/** 1 for a local maximum, −1 for a local minimum, 0 for neither. */
function extremeKind(values: Float64Array, t: number): -1 | 0 | 1 {
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

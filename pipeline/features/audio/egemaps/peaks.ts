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

/**
 * Finds the contour's salient peaks and valleys, and the slopes of the lines that join its first value, the extremes and
 * its last value.
 *
 * As in openSMILE, the line to the last value takes part in the mean with its sign, as a rise after a valley and as a
 * fall after a peak, and has no part in the squares under the standard deviation.
 * @param frameSeconds distance of two values.
 */
export function contourSlopes(values: Float64Array, length: number, frameSeconds: number): ContourSlopes {
  const threshold = RELATIVE_THRESHOLD * range(values, length);
  const rising = new SlopeStatistics();
  const falling = new SlopeStatistics();
  let peakCount = 0;
  /** The last two salient extremes; the later one may still move. */
  let before = 0;
  let latest = 0;
  let direction = 0;
  const settle = () => {
    const slope = (values[latest]! - values[before]!) / ((latest - before) * frameSeconds);
    if (slope > 0) rising.add(slope);
    else if (slope < 0) falling.add(-slope);
    if (direction > 0) peakCount++;
  };
  for (let t = 1; t + 1 < length; t++) {
    const kind = extremeKind(values, t);
    if (kind === 0) continue;
    const change = values[t]! - values[latest]!;
    if (direction === kind) {
      if (change * kind > 0) latest = t;
    } else if (direction === 0 ? Math.abs(change) > threshold : change * kind > threshold) {
      if (direction !== 0) {
        settle();
        before = latest;
      }
      latest = t;
      direction = kind;
    }
  }
  if (direction !== 0) {
    settle();
    const last = (values[length - 1]! - values[latest]!) / ((length - 1 - latest) * frameSeconds);
    (direction > 0 ? falling : rising).addLast(last);
  }
  return {
    peakCount,
    meanRising: rising.mean,
    stddevRising: rising.stddev,
    meanFalling: falling.mean,
    stddevFalling: falling.stddev,
  };
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

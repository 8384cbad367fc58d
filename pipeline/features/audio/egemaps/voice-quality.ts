import { FEATURE_RATE_HZ } from '../sample-buffer.ts';
import { Contour } from './contour.ts';
import { HOP_SAMPLES, LONG_FRAME_SAMPLES } from './framing.ts';

/** Periods may differ from the pitch's by this share. */
const SEARCH_RANGE = 0.1;
/** Two periods belong together from this correlation on. */
const MIN_CORRELATION = 0.5;
/** Each frame looks this many of its longest periods ahead. */
const PERIODS_AHEAD = 3;

/**
 * Jitter and shimmer of voiced frames: periods are followed one after the other through the waveform, each as the lag at
 * which it resembles the next one most. A frame measures the periods that begin in it and compares the first of them
 * with the last of the frame before.
 */
export class VoiceQuality {
  /** Mean difference of neighbouring periods' lengths over their mean length, 0…1; 0 where unknown. */
  jitter = 0;
  /** Mean ratio of neighbouring periods' peak-to-peak amplitudes, dB; 0 where unknown. */
  shimmerDb = 0;
  /** How far behind its start each frame stopped, so that any frame can be analysed anew. */
  readonly #nextOffset = new Contour();
  readonly #lastLength = new Contour();
  readonly #lastPeak = new Contour();

  /**
   * Frames are analysed in order, but may be analysed again from any frame on.
   * @param samples of which the first is the utterance's sample `first`.
   */
  analyze(frame: number, hz: number, samples: Float32Array, first: number): void {
    this.jitter = 0;
    this.shimmerDb = 0;
    const start = frame * HOP_SAMPLES - first;
    if (hz <= 0) {
      this.#remember(frame, 0, 0, 0);
      return;
    }
    const period = FEATURE_RATE_HZ / hz;
    const span = Math.round(period);
    const shortest = Math.max(2, Math.floor(period * (1 - SEARCH_RANGE)));
    const longest = Math.ceil(period * (1 + SEARCH_RANGE));
    const end = start + Math.min(LONG_FRAME_SAMPLES, PERIODS_AHEAD * longest);
    let at = Math.max(start, frame === 0 ? 0 : start - HOP_SAMPLES + this.#nextOffset.at(frame - 1));
    let lastLength = frame === 0 ? 0 : this.#lastLength.at(frame - 1);
    let lastPeak = frame === 0 ? 0 : this.#lastPeak.at(frame - 1);
    let [count, pairs, total, change, ratio] = [0, 0, 0, 0, 0];
    while (at + longest + span + 1 < end) {
      const lag = bestLag(samples, at, span, shortest, longest);
      const similarity = correlation(samples, at, lag, span);
      if (similarity > MIN_CORRELATION) {
        const length = lag + peakOffset(samples, at, lag, span, similarity);
        const peak = peakToPeak(samples, at, lag);
        if (lastLength > 0) {
          change += Math.abs(length - lastLength);
          if (peak > 0 && lastPeak > 0) ratio += Math.abs(20 * Math.log10(peak / lastPeak));
          pairs++;
        }
        total += length;
        count++;
        lastLength = length;
        lastPeak = peak;
      } else {
        lastLength = 0;
        lastPeak = 0;
      }
      at += lag;
    }
    if (pairs > 0) {
      this.jitter = (change / pairs) * (count / total);
      this.shimmerDb = ratio / pairs;
    }
    this.#remember(frame, at - start, lastLength, lastPeak);
  }

  /** Frames before `frame` are not analysed again. */
  forgetBefore(frame: number): void {
    for (const contour of [this.#nextOffset, this.#lastLength, this.#lastPeak]) contour.forgetBefore(frame - 1);
  }

  #remember(frame: number, nextOffset: number, length: number, peak: number): void {
    this.#nextOffset.set(frame, nextOffset);
    this.#lastLength.set(frame, length);
    this.#lastPeak.set(frame, peak);
  }
}

function bestLag(samples: Float32Array, at: number, span: number, shortest: number, longest: number): number {
  let best = shortest;
  let highest = Number.NEGATIVE_INFINITY;
  for (let lag = shortest; lag <= longest; lag++) {
    const value = correlation(samples, at, lag, span);
    if (value > highest) {
      highest = value;
      best = lag;
    }
  }
  return best;
}

/** Vertex of the parabola through the correlations at `lag` and its neighbours, within one sample. */
function peakOffset(samples: Float32Array, at: number, lag: number, span: number, top: number): number {
  const left = correlation(samples, at, lag - 1, span);
  const right = correlation(samples, at, lag + 1, span);
  const bend = left - 2 * top + right;
  const offset = bend < 0 ? (0.5 * (left - right)) / bend : 0;
  return Math.abs(offset) < 1 ? offset : 0;
}

/** Pearson correlation of `span` samples with the ones `lag` later; 0 where either is constant. */
function correlation(samples: Float32Array, at: number, lag: number, span: number): number {
  let sumA = 0;
  let sumB = 0;
  let squareA = 0;
  let squareB = 0;
  let product = 0;
  for (let i = at; i < at + span; i++) {
    const a = samples[i]!;
    const b = samples[i + lag]!;
    sumA += a;
    sumB += b;
    squareA += a * a;
    squareB += b * b;
    product += a * b;
  }
  const spread = (squareA - (sumA * sumA) / span) * (squareB - (sumB * sumB) / span);
  return spread > 0 ? (product - (sumA * sumB) / span) / Math.sqrt(spread) : 0;
}

function peakToPeak(samples: Float32Array, at: number, length: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = at; i < at + length; i++) {
    low = Math.min(low, samples[i]!);
    high = Math.max(high, samples[i]!);
  }
  return high - low;
}

import type { Contour } from './contour.ts';
import { LONG_FRAME_SAMPLES, SHORT_FRAME_SAMPLES, wholeFrames } from './framing.ts';
import { keepNonZero, percentile, writeMoments } from './functionals.ts';
import type { LowLevelDescriptors } from './low-level-descriptors.ts';
import { contourSlopes } from './peaks.ts';
import { segmentStatistics } from './segments.ts';
import { smooth, smoothNonZero } from './smoothing.ts';

const FRAME_SECONDS = 0.01;
const POWER_FLOOR = 1e-12;

/** Writes the 88 functionals of an utterance, in the order of the feature names, into `output` from index `at` on. */
export function summarize(lld: LowLevelDescriptors, lengthSamples: number, output: Float32Array, at: number): void {
  new Summary(lld, lengthSamples, output, at).write();
}

class Summary {
  readonly #lld: LowLevelDescriptors;
  /** Frames of 20 ms in the utterance. */
  readonly #shortFrames: number;
  /** Frames of 60 ms in it; descriptors that depend on voicing end there. */
  readonly #longFrames: number;
  readonly #output: Float32Array;
  readonly #selected: Float32Array;
  readonly #smoothed: Float64Array;
  #at: number;

  constructor(lld: LowLevelDescriptors, lengthSamples: number, output: Float32Array, at: number) {
    this.#lld = lld;
    this.#shortFrames = wholeFrames(lengthSamples, SHORT_FRAME_SAMPLES);
    this.#longFrames = wholeFrames(lengthSamples, LONG_FRAME_SAMPLES);
    this.#selected = new Float32Array(this.#longFrames);
    this.#smoothed = new Float64Array(this.#shortFrames);
    this.#output = output;
    this.#at = at;
  }

  write(): void {
    const lld = this.#lld;
    smoothNonZero(lld.semitones.values, this.#longFrames, this.#smoothed);
    const voiced = segmentStatistics(this.#smoothed, this.#longFrames, true, FRAME_SECONDS);
    const unvoiced = segmentStatistics(this.#smoothed, this.#longFrames, false, FRAME_SECONDS);
    this.#contour(keepNonZero(this.#smoothed, this.#longFrames));
    smooth(lld.loudness.values, this.#shortFrames, this.#smoothed);
    const loudnessPeaks = this.#contour(this.#shortFrames);
    for (const contour of [lld.flux, ...lld.mfcc]) {
      smooth(contour.values, this.#shortFrames, this.#smoothed);
      this.#moments(this.#shortFrames);
    }
    for (const contour of [lld.jitter, lld.shimmerDb, lld.hnrDb, lld.h1H2Db, lld.h1A3Db]) this.#nonZero(contour);
    for (const [f, formantHz] of lld.formantHz.entries()) {
      this.#whereVoiced(formantHz, true);
      this.#whereVoiced(lld.bandwidthHz[f]!, true);
      this.#nonZero(lld.formantDb[f]!);
    }
    const shape = [lld.alphaRatio, lld.hammarbergIndex, lld.slope0To500, lld.slope500To1500, lld.flux];
    for (const contour of [...shape, ...lld.mfcc]) this.#whereVoiced(contour, true);
    for (const contour of shape) {
      this.#whereVoiced(contour, false);
      this.#at--;
    }
    const seconds = this.#shortFrames * FRAME_SECONDS;
    this.#value(seconds > 0 ? loudnessPeaks / seconds : 0);
    this.#value(this.#longFrames > 1 ? voiced.count / ((this.#longFrames - 1) * FRAME_SECONDS) : 0);
    this.#value(voiced.meanSeconds);
    this.#value(voiced.stddevSeconds);
    this.#value(unvoiced.meanSeconds);
    this.#value(unvoiced.stddevSeconds);
    this.#value(10 * Math.log10(Math.max(POWER_FLOOR, this.#meanEnergy())));
  }

  #meanEnergy(): number {
    let sum = 0;
    for (let t = 0; t < this.#shortFrames; t++) sum += this.#lld.energy.at(t);
    return this.#shortFrames === 0 ? 0 : sum / this.#shortFrames;
  }

  /** Moments, percentiles and slopes of the smoothed values. Returns the number of peaks. */
  #contour(length: number): number {
    this.#moments(length);
    const sorted = this.#smoothed.slice(0, length).sort();
    const low = percentile(sorted, 0.2);
    const high = percentile(sorted, 0.8);
    this.#value(low);
    this.#value(percentile(sorted, 0.5));
    this.#value(high);
    this.#value(high - low);
    const slopes = contourSlopes(this.#smoothed, length, FRAME_SECONDS);
    this.#value(slopes.meanRising);
    this.#value(slopes.stddevRising);
    this.#value(slopes.meanFalling);
    this.#value(slopes.stddevFalling);
    return slopes.peakCount;
  }

  #nonZero(contour: Contour): void {
    smoothNonZero(contour.values, this.#longFrames, this.#smoothed);
    this.#moments(keepNonZero(this.#smoothed, this.#longFrames));
  }

  #whereVoiced(contour: Contour, voiced: boolean): void {
    for (let t = 0; t < this.#longFrames; t++) {
      this.#selected[t] = (this.#lld.semitones.at(t) !== 0) === voiced ? contour.at(t) : 0;
    }
    smoothNonZero(this.#selected, this.#longFrames, this.#smoothed);
    this.#moments(keepNonZero(this.#smoothed, this.#longFrames));
  }

  #moments(length: number): void {
    writeMoments(this.#smoothed, length, this.#output, this.#at);
    this.#at += 2;
  }

  #value(value: number): void {
    this.#output[this.#at++] = value;
  }
}

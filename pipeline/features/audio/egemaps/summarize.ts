import type { Contour } from './contour.ts';
import { keepNonZero, percentile, writeMoments } from './functionals.ts';
import type { LowLevelDescriptors } from './low-level-descriptors.ts';
import { contourSlopes } from './peaks.ts';
import { segmentStatistics } from './segments.ts';
import { smooth, smoothNonZero } from './smoothing.ts';

const FRAME_SECONDS = 0.01;
const POWER_FLOOR = 1e-12;

/** The part of an utterance that its functionals describe. */
export interface SummarizedFrames {
  /** Frames of descriptors that need no pitch. */
  readonly all: number;
  /** Frames of descriptors that depend on voicing; at most `all`, and at least one less than have a pitch. */
  readonly voice: number;
}

/** Writes the 88 functionals of an utterance, in the order of the feature names, into `output` from index `at` on. */
export function summarize(lld: LowLevelDescriptors, frames: SummarizedFrames, output: Float32Array, at: number): void {
  new Summary(lld, frames, output, at).write();
}

class Summary {
  readonly #lld: LowLevelDescriptors;
  readonly #frames: SummarizedFrames;
  readonly #output: Float32Array;
  readonly #selected: Float32Array;
  readonly #smoothed: Float64Array;
  #at: number;

  constructor(lld: LowLevelDescriptors, frames: SummarizedFrames, output: Float32Array, at: number) {
    this.#lld = lld;
    this.#frames = frames;
    this.#selected = new Float32Array(frames.voice + 1);
    this.#smoothed = new Float64Array(frames.all);
    this.#output = output;
    this.#at = at;
  }

  write(): void {
    const lld = this.#lld;
    // The frame after the last one that counts is still its neighbour.
    if (this.#frames.voice > 0) smoothNonZero(lld.semitones.values, this.#frames.voice + 1, this.#smoothed);
    const voiced = segmentStatistics(this.#smoothed, this.#frames.voice, true, FRAME_SECONDS);
    const unvoiced = segmentStatistics(this.#smoothed, this.#frames.voice, false, FRAME_SECONDS);
    this.#contour(keepNonZero(this.#smoothed, this.#frames.voice));
    smooth(lld.loudness.values, this.#frames.all, this.#smoothed);
    const loudnessPeaks = this.#contour(this.#frames.all);
    for (const contour of [lld.flux, ...lld.mfcc]) {
      smooth(contour.values, this.#frames.all, this.#smoothed);
      this.#moments(this.#frames.all);
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
    const seconds = this.#frames.all * FRAME_SECONDS;
    this.#value(seconds > 0 ? loudnessPeaks / seconds : 0);
    this.#value(this.#frames.voice > 0 ? voiced.count / (this.#frames.voice * FRAME_SECONDS) : 0);
    this.#value(voiced.meanSeconds);
    this.#value(voiced.stddevSeconds);
    this.#value(unvoiced.meanSeconds);
    this.#value(unvoiced.stddevSeconds);
    this.#value(10 * Math.log10(Math.max(POWER_FLOOR, this.#meanEnergy())));
  }

  #meanEnergy(): number {
    let sum = 0;
    for (let t = 0; t < this.#frames.all; t++) sum += this.#lld.energy.at(t);
    return this.#frames.all === 0 ? 0 : sum / this.#frames.all;
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
    smoothNonZero(contour.values, this.#frames.voice, this.#smoothed);
    this.#moments(keepNonZero(this.#smoothed, this.#frames.voice));
  }

  #whereVoiced(contour: Contour, voiced: boolean): void {
    for (let t = 0; t <= this.#frames.voice; t++) {
      this.#selected[t] = (this.#lld.semitones.at(t) !== 0) === voiced ? contour.at(t) : 0;
    }
    smoothNonZero(this.#selected, this.#frames.voice + 1, this.#smoothed);
    this.#moments(keepNonZero(this.#smoothed, this.#frames.voice));
  }

  #moments(length: number): void {
    writeMoments(this.#smoothed, length, this.#output, this.#at);
    this.#at += 2;
  }

  #value(value: number): void {
    this.#output[this.#at++] = value;
  }
}

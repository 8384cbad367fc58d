import { SHORT_FFT_SIZE } from './framing.ts';
import { ROOT_COUNT, RootFinder } from './root-finder.ts';

const TARGET_RATE_HZ = 11_000;
const ORDER = ROOT_COUNT;
const LOWEST_HZ = 50;
const HIGHEST_HZ = 5450;
/** Period of the resampled transform: `SHORT_FFT_SIZE` at the target rate, samples. */
const PERIOD = (SHORT_FFT_SIZE * TARGET_RATE_HZ) / 16_000;
/** The reference keeps half of the resampled frame's bins and samples; what lies behind them is cut off. */
const KEPT_SAMPLES = 220;
const KEPT_BINS = KEPT_SAMPLES / 2;

/** Formants a frame. */
export const FORMANT_COUNT = 3;

/** Samples that are computed; the others follow from them by symmetry about a quarter of the period. */
const COMPUTED = PERIOD / 4 + 1;

/** Cosines and sines of `bin · sample`, a row of bins for each computed sample. */
const cosines = new Float64Array(COMPUTED * KEPT_BINS);
const sines = new Float64Array(COMPUTED * KEPT_BINS);
for (let m = 0; m < COMPUTED; m++) {
  for (let bin = 0; bin < KEPT_BINS; bin++) {
    cosines[m * KEPT_BINS + bin] = Math.cos((2 * Math.PI * m * bin) / PERIOD);
    sines[m * KEPT_BINS + bin] = Math.sin((2 * Math.PI * m * bin) / PERIOD);
  }
}

/**
 * Resonances of the vocal tract in a 20 ms frame: linear prediction of order 11 at 11 kHz, whose polynomial's complex
 * roots give centre frequencies and bandwidths.
 *
 * The values follow openSMILE's eGeMAPS to the letter, where the resampled frame is cut short, the polynomial is solved
 * with its predictor's sign turned, and roots outside the unit circle count like their mirror images: models trained on
 * its features expect exactly these. It predicts in single precision, though, and by that loses some Hz in one frame of
 * fourteen.
 */
export class Formants {
  /** Formants of the latest frame by frequency, Hz; 0 where there are fewer. */
  readonly hz = new Float64Array(FORMANT_COUNT);
  /** Their bandwidths, Hz. */
  readonly bandwidthHz = new Float64Array(FORMANT_COUNT);
  readonly #samples = new Float64Array(KEPT_SAMPLES);
  readonly #autocorrelation = new Float64Array(ORDER + 1);
  readonly #predictor = new Float64Array(ORDER + 1);
  readonly #reversed = new Float64Array(ORDER + 1);
  readonly #roots = new RootFinder();

  /** @param re, im transform of the windowed frame, centred in `SHORT_FFT_SIZE` samples. */
  analyze(re: Float64Array, im: Float64Array): void {
    this.hz.fill(0);
    this.bandwidthHz.fill(0);
    this.#resample(re, im);
    this.#correlate();
    if (!this.#predict()) return;
    for (let i = 1; i <= ORDER; i++) this.#predictor[i] = -this.#predictor[i]!;
    this.#roots.find(this.#predictor);
    for (let i = 0; i < ROOT_COUNT; i++) this.#consider(this.#roots.re[i]!, this.#roots.im[i]!);
  }

  /** Inverse transform at the target rate. Odd bins change their sign half a period away, even ones do not. */
  #resample(re: Float64Array, im: Float64Array): void {
    const samples = this.#samples;
    for (let m = 0, at = 0; m < COMPUTED; m++) {
      let evenCos = 0;
      let oddCos = 0;
      let evenSin = 0;
      let oddSin = 0;
      for (let bin = 0; bin < KEPT_BINS; bin += 2, at += 2) {
        evenCos += re[bin]! * cosines[at]!;
        evenSin += im[bin]! * sines[at]!;
        oddCos += re[bin + 1]! * cosines[at + 1]!;
        oddSin += im[bin + 1]! * sines[at + 1]!;
      }
      samples[m] = evenCos + oddCos - evenSin - oddSin;
      samples[PERIOD / 2 - m] = evenCos - oddCos + evenSin - oddSin;
      if (PERIOD / 2 + m < KEPT_SAMPLES) samples[PERIOD / 2 + m] = evenCos - oddCos - evenSin + oddSin;
    }
  }

  #correlate(): void {
    const samples = this.#samples;
    for (let lag = 0; lag <= ORDER; lag++) {
      let sum = 0;
      for (let m = lag; m < KEPT_SAMPLES; m++) sum += samples[m]! * samples[m - lag]!;
      this.#autocorrelation[lag] = sum;
    }
  }

  #consider(re: number, im: number): void {
    if (im <= 0) return;
    const hz = (Math.atan2(im, re) * TARGET_RATE_HZ) / (2 * Math.PI);
    if (hz < LOWEST_HZ || hz > HIGHEST_HZ) return;
    const bandwidthHz = (0.5 * Math.abs(Math.log(re * re + im * im)) * TARGET_RATE_HZ) / Math.PI;
    let rank = FORMANT_COUNT;
    while (rank > 0 && (this.hz[rank - 1]! === 0 || hz < this.hz[rank - 1]!)) rank--;
    if (rank === FORMANT_COUNT) return;
    this.hz.copyWithin(rank + 1, rank);
    this.bandwidthHz.copyWithin(rank + 1, rank);
    this.hz[rank] = hz;
    this.bandwidthHz[rank] = bandwidthHz;
  }

  /** Levinson-Durbin recursion. False when the frame has no energy to predict. */
  #predict(): boolean {
    const r = this.#autocorrelation;
    const a = this.#predictor;
    let error = r[0]!;
    a.fill(0);
    a[0] = 1;
    for (let order = 1; order <= ORDER; order++) {
      if (!(error > Number.MIN_VALUE * 1e20)) return false;
      let sum = r[order]!;
      for (let i = 1; i < order; i++) sum += a[i]! * r[order - i]!;
      const reflection = -sum / error;
      this.#reversed.set(a);
      for (let i = 1; i < order; i++) a[i]! += reflection * this.#reversed[order - i]!;
      a[order] = reflection;
      error *= 1 - reflection * reflection;
    }
    return true;
  }
}

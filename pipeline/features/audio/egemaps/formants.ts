import { SHORT_FFT_SIZE } from './framing.ts';
import { ROOT_COUNT, RootFinder } from './root-finder.ts';

const TARGET_RATE_HZ = 11_000;
const ORDER = ROOT_COUNT;
const LOWEST_HZ = 50;
const HIGHEST_HZ = 5450;
/** Period of the resampled transform: `SHORT_FFT_SIZE` at the target rate, samples. */
const PERIOD = (SHORT_FFT_SIZE * TARGET_RATE_HZ) / 16_000;
/** The reference keeps half of the resampled frame's bins and samples, and cuts off the rest. */
const KEPT_SAMPLES = 220;
const KEPT_BINS = KEPT_SAMPLES / 2;

/** Formants per frame. */
export const FORMANT_COUNT = 3;

/**
 * The inverse transform in two steps: first over the bins that leave the same rest when divided by {@link RESTS}, whose
 * sum repeats every {@link SHORT_PERIOD} samples, then over the rests.
 */
const RESTS = 11;
const SHORT_PERIOD = PERIOD / RESTS;
const BINS_A_REST = KEPT_BINS / RESTS;

/** A row of `BINS_A_REST` per sample of the first half of the short period; the second half mirrors it. */
const innerCosines = phases(SHORT_PERIOD / 2 + 1, BINS_A_REST, SHORT_PERIOD, Math.cos);
const innerSines = phases(SHORT_PERIOD / 2 + 1, BINS_A_REST, SHORT_PERIOD, Math.sin);
/** A row of `RESTS` per sample. */
const outerCosines = phases(KEPT_SAMPLES, RESTS, PERIOD, Math.cos);
const outerSines = phases(KEPT_SAMPLES, RESTS, PERIOD, Math.sin);

function phases(rows: number, columns: number, period: number, wave: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) =>
    wave((2 * Math.PI * Math.floor(at / columns) * (at % columns)) / period),
  );
}

/**
 * Resonances of the vocal tract in a 20 ms frame: linear prediction of order 11 at 11 kHz, whose polynomial's complex
 * roots give centre frequencies and bandwidths.
 *
 * The values follow openSMILE's eGeMAPS exactly, because models trained on its features expect them: the resampled frame
 * is cut short, the polynomial is solved with an inverted sign of its predictor, and roots outside the unit circle count
 * like their mirror images. openSMILE predicts in single precision, though, and is therefore off by some Hz in one frame
 * of fourteen.
 */
export class Formants {
  /** Formants of the latest frame by frequency, Hz; 0 where there are fewer. */
  readonly hz = new Float64Array(FORMANT_COUNT);
  /** Their bandwidths, Hz. */
  readonly bandwidthHz = new Float64Array(FORMANT_COUNT);
  /** Sums over each rest's bins, a row of {@link RESTS} for each sample of the short period. */
  readonly #sumsRe = new Float64Array(SHORT_PERIOD * RESTS);
  readonly #sumsIm = new Float64Array(SHORT_PERIOD * RESTS);
  readonly #samples = new Float64Array(KEPT_SAMPLES + ORDER);
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

  #resample(re: Float64Array, im: Float64Array): void {
    const sumsRe = this.#sumsRe;
    const sumsIm = this.#sumsIm;
    for (let rest = 0; rest < RESTS; rest++) sumRest(re, im, rest, sumsRe, sumsIm);
    for (let m = 0, at = 0; m < KEPT_SAMPLES; m++) {
      let real = 0;
      let imaginary = 0;
      for (let rest = 0, from = (m % SHORT_PERIOD) * RESTS; rest < RESTS; rest++, at++, from++) {
        real += sumsRe[from]! * outerCosines[at]!;
        imaginary += sumsIm[from]! * outerSines[at]!;
      }
      this.#samples[m] = real - imaginary;
    }
  }

  /** Computes four lags at once, so that their sums are independent. The samples end in zeros, which the lags read. */
  #correlate(): void {
    const samples = this.#samples;
    for (let lag = 0; lag <= ORDER; lag += 4) {
      let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
      for (let m = 0; m < KEPT_SAMPLES; m++) {
        const sample = samples[m]!;
        sum0 += sample * samples[m + lag]!;
        sum1 += sample * samples[m + lag + 1]!;
        sum2 += sample * samples[m + lag + 2]!;
        sum3 += sample * samples[m + lag + 3]!;
      }
      this.#autocorrelation[lag] = sum0;
      this.#autocorrelation[lag + 1] = sum1;
      this.#autocorrelation[lag + 2] = sum2;
      this.#autocorrelation[lag + 3] = sum3;
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

/** Sums the bins of one rest into its column of the sums. */
function sumRest(re: Float64Array, im: Float64Array, rest: number, sumsRe: Float64Array, sumsIm: Float64Array): void {
  for (let n = 0, at = 0; n <= SHORT_PERIOD / 2; n++) {
    let reCosine = 0;
    let reSine = 0;
    let imCosine = 0;
    let imSine = 0;
    for (let bin = rest; bin < KEPT_BINS; bin += RESTS, at++) {
      const cosine = innerCosines[at]!;
      const sine = innerSines[at]!;
      reCosine += re[bin]! * cosine;
      reSine += re[bin]! * sine;
      imCosine += im[bin]! * cosine;
      imSine += im[bin]! * sine;
    }
    const here = n * RESTS + rest;
    const mirrored = ((SHORT_PERIOD - n) % SHORT_PERIOD) * RESTS + rest;
    sumsRe[mirrored] = reCosine + imSine;
    sumsIm[mirrored] = imCosine - reSine;
    sumsRe[here] = reCosine - imSine;
    sumsIm[here] = imCosine + reSine;
  }
}

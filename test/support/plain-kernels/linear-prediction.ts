import {
  INNER_COSINES,
  INNER_SINES,
  KEPT_SAMPLES,
  OUTER_COSINES,
  OUTER_SINES,
  RESTS,
  ROOT_COUNT,
  SHORT_PERIOD,
} from '../../../pipeline/features/audio/kernels/tables/formant-rate.ts';

const ORDER = ROOT_COUNT;

/** Linear prediction of order 11 at 11 kHz, of a frame of 20 ms. */
export class LinearPrediction {
  /** Sums over each rest's bins, a row of {@link RESTS} for each sample of the short period. */
  readonly #sumsRe = new Float64Array(SHORT_PERIOD * RESTS);
  readonly #sumsIm = new Float64Array(SHORT_PERIOD * RESTS);
  readonly #samples = new Float64Array(KEPT_SAMPLES + ORDER);
  readonly #autocorrelation = new Float64Array(ORDER + 1);
  readonly #predictor = new Float64Array(ORDER + 1);
  readonly #reversed = new Float64Array(ORDER + 1);

  /**
   * The polynomial whose roots are the formants; null if the frame has no energy.
   * @param re, im transform of the windowed frame, centred in `SHORT_FFT_SIZE` samples.
   */
  analyze(re: Float64Array, im: Float64Array): Float64Array | null {
    this.#resample(re, im);
    this.#correlate();
    if (!this.#predict()) return null;
    return this.#predictor.map((value, i) => (i === 0 ? value : -value));
  }

  #resample(re: Float64Array, im: Float64Array): void {
    const sumsRe = this.#sumsRe;
    const sumsIm = this.#sumsIm;
    for (let rest = 0; rest < RESTS; rest++) sumRest(re, im, rest, sumsRe, sumsIm);
    for (let m = 0, at = 0; m < KEPT_SAMPLES; m++) {
      let real = 0;
      let imaginary = 0;
      for (let rest = 0, from = (m % SHORT_PERIOD) * RESTS; rest < RESTS; rest++, at++, from++) {
        real += sumsRe[from]! * OUTER_COSINES[at]!;
        imaginary += sumsIm[from]! * OUTER_SINES[at]!;
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
    for (let bin = rest; bin < KEPT_SAMPLES / 2; bin += RESTS, at++) {
      const cosine = INNER_COSINES[at]!;
      const sine = INNER_SINES[at]!;
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

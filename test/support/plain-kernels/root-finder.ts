import {
  ROOT_COUNT,
  ROOT_STARTS_IM,
  ROOT_STARTS_RE,
} from '../../../pipeline/features/audio/kernels/tables/formant-rate.ts';

const MAX_ITERATIONS = 60;
/** A root is found if its step is shorter than this: convergence is cubic, so the next step would vanish in rounding. */
const TOLERANCE = 1e-6;

/** All complex roots of a polynomial of degree {@link ROOT_COUNT} at once (Aberth 1973). A call allocates nothing. */
export class RootFinder {
  readonly re = new Float64Array(ROOT_COUNT);
  readonly im = new Float64Array(ROOT_COUNT);
  readonly #found = new Uint8Array(ROOT_COUNT);

  /** @param coefficients of descending powers; the first must not be zero. */
  find(coefficients: Float64Array): void {
    const { re, im } = this;
    re.set(ROOT_STARTS_RE);
    im.set(ROOT_STARTS_IM);
    this.#found.fill(0);
    let left = ROOT_COUNT;
    for (let iteration = 0; iteration < MAX_ITERATIONS && left > 0; iteration++) {
      for (let i = 0; i < ROOT_COUNT; i++) {
        if (this.#found[i] === 1 || this.#improve(coefficients, i) >= TOLERANCE * TOLERANCE) continue;
        this.#found[i] = 1;
        left--;
      }
    }
  }

  /** One Newton step of root `i`, corrected for the pull of the others. Returns the step's squared length. */
  #improve(coefficients: Float64Array, i: number): number {
    const { re, im } = this;
    const x = re[i]!;
    const y = im[i]!;
    let valueRe = coefficients[0]!;
    let valueIm = 0;
    let slopeRe = 0;
    let slopeIm = 0;
    for (let k = 1; k <= ROOT_COUNT; k++) {
      const nextSlopeRe = slopeRe * x - slopeIm * y + valueRe;
      slopeIm = slopeRe * y + slopeIm * x + valueIm;
      slopeRe = nextSlopeRe;
      const nextRe = valueRe * x - valueIm * y + coefficients[k]!;
      valueIm = valueRe * y + valueIm * x;
      valueRe = nextRe;
    }
    const valueSquare = valueRe * valueRe + valueIm * valueIm;
    if (valueSquare < 1e-300) return 0;
    let pullRe = (slopeRe * valueRe + slopeIm * valueIm) / valueSquare;
    let pullIm = (slopeIm * valueRe - slopeRe * valueIm) / valueSquare;
    for (let j = 0; j < ROOT_COUNT; j++) {
      if (j === i) continue;
      const dx = x - re[j]!;
      const dy = y - im[j]!;
      const inverse = 1 / (dx * dx + dy * dy + 1e-300);
      pullRe -= dx * inverse;
      pullIm += dy * inverse;
    }
    const pullSquare = pullRe * pullRe + pullIm * pullIm + 1e-300;
    const stepRe = pullRe / pullSquare;
    const stepIm = -pullIm / pullSquare;
    re[i] = x - stepRe;
    im[i] = y - stepIm;
    return stepRe * stepRe + stepIm * stepIm;
  }
}

import {
  GAP,
  HEARING,
  LEFT_BEND,
  OCTAVE_POINTS,
  PIVOT,
  RIGHT_BEND,
  RIGHT_SHARE,
  SLOPE_SCALE,
  SOURCE_BIN,
} from '../../../pipeline/features/audio/kernels/tables/octave-axis.ts';

const BIN_COUNT = OCTAVE_POINTS;
/** Bins on either side of a peak that survive the enhancement. */
const PEAK_HALF_WIDTH = 2;
/**
 * A 60 ms frame's magnitudes with their peaks enhanced, smoothed, drawn over a logarithmic frequency axis (natural cubic
 * spline in the logarithm) and weighted by the sensitivity of hearing: the input of subharmonic summation (Hermes 1988).
 */
export class OctaveSpectrum {
  readonly values = new Float64Array(OCTAVE_POINTS);
  readonly #enhanced = new Float64Array(BIN_COUNT);
  readonly #smoothed = new Float64Array(BIN_COUNT);
  readonly #curvature = new Float64Array(BIN_COUNT);

  analyze(magnitudes: Float32Array): void {
    this.#enhance(magnitudes);
    this.#smooth();
    this.#fitSpline();
    const y = this.#smoothed;
    const curvature = this.#curvature;
    for (let point = 0; point < OCTAVE_POINTS; point++) {
      const bin = SOURCE_BIN[point]!;
      const right = RIGHT_SHARE[point]!;
      const value =
        (1 - right) * y[bin]! +
        right * y[bin + 1]! +
        LEFT_BEND[point]! * curvature[bin]! +
        RIGHT_BEND[point]! * curvature[bin + 1]!;
      this.values[point] = value > 0 ? value * HEARING[point]! : 0;
    }
  }

  /** Keeps the bins around the peaks, before the first peak and after the last one. */
  #enhance(magnitudes: Float32Array): void {
    const enhanced = this.#enhanced;
    const last = BIN_COUNT - 1;
    let kept = 0;
    for (let bin = 0; bin <= last; bin++) {
      const value = magnitudes[bin]!;
      const rises = bin === 0 || value > magnitudes[bin - 1]!;
      if (!rises || (bin < last && value < magnitudes[bin + 1]!)) continue;
      const from = kept === 0 ? 0 : Math.max(kept, bin - PEAK_HALF_WIDTH);
      enhanced.fill(0, kept, from);
      kept = Math.min(BIN_COUNT, bin + PEAK_HALF_WIDTH + 1);
      for (let near = from; near < kept; near++) enhanced[near] = magnitudes[near]!;
    }
    for (let bin = kept; bin <= last; bin++) enhanced[bin] = magnitudes[bin]!;
  }

  /** Smooths with weights 1 : 2 : 1. Before the first bin is 0, and the last bin stays unchanged. */
  #smooth(): void {
    const enhanced = this.#enhanced;
    const smoothed = this.#smoothed;
    const last = BIN_COUNT - 1;
    smoothed[0] = 0.5 * enhanced[0]! + 0.25 * enhanced[1]!;
    smoothed[last] = enhanced[last]!;
    for (let bin = 1; bin < last; bin++) {
      smoothed[bin] = 0.25 * (enhanced[bin - 1]! + enhanced[bin + 1]!) + 0.5 * enhanced[bin]!;
    }
  }

  /** Second derivatives of the natural cubic spline through the bins: a tridiagonal solve. */
  #fitSpline(): void {
    const y = this.#smoothed;
    const curvature = this.#curvature;
    const last = BIN_COUNT - 1;
    let slope = (y[1]! - y[0]!) * SLOPE_SCALE[0]!;
    curvature[0] = 0;
    for (let i = 1; i < last; i++) {
      const nextSlope = (y[i + 1]! - y[i]!) * SLOPE_SCALE[i]!;
      curvature[i] = (nextSlope - slope - GAP[i - 1]! * curvature[i - 1]!) * PIVOT[i]!;
      slope = nextSlope;
    }
    curvature[last] = 0;
    for (let i = last - 1; i > 0; i--) curvature[i]! -= GAP[i]! * PIVOT[i]! * curvature[i + 1]!;
  }
}

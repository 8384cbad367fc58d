import { SAMPLE_RATE_HZ } from '../../../media/media-time.ts';
import { LONG_FFT_SIZE } from './framing.ts';

const BIN_COUNT = LONG_FFT_SIZE / 2 + 1;
const BIN_HZ = SAMPLE_RATE_HZ / LONG_FFT_SIZE;
const LOWEST_HZ = 25;
const OCTAVES = Math.log2(SAMPLE_RATE_HZ / 2 / LOWEST_HZ);
/** Bins on either side of a peak that survive the enhancement. */
const PEAK_HALF_WIDTH = 2;
/** Hearing falls off below this frequency. */
const SENSITIVITY_MIDPOINT_HZ = 32.5;
const SENSITIVITY_STEEPNESS = 3;
/** Position of the bin at 0 Hz on the logarithmic axis, in bins; 0 itself has no logarithm. */
const ZERO_BIN = 0.5;

/** Points of the octave-scaled spectrum. */
export const OCTAVE_POINTS = BIN_COUNT;
/** Points per octave, by which subharmonics are shifted. */
export const POINTS_PER_OCTAVE = OCTAVE_POINTS / OCTAVES;

/** Frequency of a (fractional) point of the octave-scaled spectrum, Hz. */
export function octavePointHz(point: number): number {
  return LOWEST_HZ * 2 ** ((point * OCTAVES) / (OCTAVE_POINTS - 1));
}

/**
 * A 60 ms frame's magnitudes with their peaks enhanced, smoothed, drawn over a logarithmic frequency axis (natural cubic
 * spline in the logarithm) and weighted by the sensitivity of hearing: the input of subharmonic summation (Hermes 1988).
 */
export class OctaveSpectrum {
  readonly values = new Float64Array(OCTAVE_POINTS);
  readonly #enhanced = new Float64Array(BIN_COUNT);
  readonly #smoothed = new Float64Array(BIN_COUNT);
  readonly #curvature = new Float64Array(BIN_COUNT);

  analyze(magnitudes: Float64Array): void {
    this.#enhance(magnitudes);
    this.#smooth();
    this.#fitSpline();
    const y = this.#smoothed;
    const curvature = this.#curvature;
    for (let point = 0; point < OCTAVE_POINTS; point++) {
      const bin = sourceBin[point]!;
      const right = rightShare[point]!;
      const value =
        (1 - right) * y[bin]! +
        right * y[bin + 1]! +
        leftBend[point]! * curvature[bin]! +
        rightBend[point]! * curvature[bin + 1]!;
      this.values[point] = value > 0 ? value * sensitivity[point]! : 0;
    }
  }

  /** Keeps the bins around the peaks, before the first peak and after the last one. */
  #enhance(magnitudes: Float64Array): void {
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
    let slope = (y[1]! - y[0]!) * slopeScale[0]!;
    curvature[0] = 0;
    for (let i = 1; i < last; i++) {
      const nextSlope = (y[i + 1]! - y[i]!) * slopeScale[i]!;
      curvature[i] = (nextSlope - slope - gap[i - 1]! * curvature[i - 1]!) * pivot[i]!;
      slope = nextSlope;
    }
    curvature[last] = 0;
    for (let i = last - 1; i > 0; i--) curvature[i]! -= gap[i]! * pivot[i]! * curvature[i + 1]!;
  }
}

/** Distance of the bins `i` and `i + 1` on the logarithmic axis, octaves. */
const gap = Float64Array.from({ length: BIN_COUNT - 1 }, (_, i) => Math.log2((i + 1) / Math.max(ZERO_BIN, i)));
const slopeScale = gap.map((octaves) => 6 / octaves);
/** Reciprocal pivots of the spline's matrix. The matrix is the same for every frame. */
const pivot = new Float64Array(BIN_COUNT);
for (let i = 1; i < BIN_COUNT - 1; i++) {
  pivot[i] = 1 / (2 * (gap[i - 1]! + gap[i]!) - gap[i - 1]! ** 2 * pivot[i - 1]!);
}

/** Weights that compute each point from the two bins around it and the spline's curvature there. */
const sourceBin = new Uint16Array(OCTAVE_POINTS);
const rightShare = new Float64Array(OCTAVE_POINTS);
const leftBend = new Float64Array(OCTAVE_POINTS);
const rightBend = new Float64Array(OCTAVE_POINTS);
const sensitivity = new Float64Array(OCTAVE_POINTS);
for (let point = 0; point < OCTAVE_POINTS; point++) {
  const position = Math.min(octavePointHz(point) / BIN_HZ, BIN_COUNT - 1);
  const bin = Math.min(Math.floor(position), BIN_COUNT - 2);
  const right = Math.log2(position / Math.max(ZERO_BIN, bin)) / gap[bin]!;
  const left = 1 - right;
  sourceBin[point] = bin;
  rightShare[point] = right;
  leftBend[point] = ((left ** 3 - left) * gap[bin]! ** 2) / 6;
  rightBend[point] = ((right ** 3 - right) * gap[bin]! ** 2) / 6;
  // openSMILE weights a point as if it lay two points higher, on an axis that is narrower by a point.
  const octaves = Math.log2(LOWEST_HZ / SENSITIVITY_MIDPOINT_HZ) + (point + 2) / POINTS_PER_OCTAVE;
  sensitivity[point] = 0.5 + Math.atan(SENSITIVITY_STEEPNESS * octaves) / Math.PI;
}

import { FEATURE_RATE_HZ } from '../sample-buffer.ts';
import { LONG_FFT_SIZE } from './framing.ts';

const BIN_COUNT = LONG_FFT_SIZE / 2 + 1;
const BIN_HZ = FEATURE_RATE_HZ / LONG_FFT_SIZE;
const LOWEST_HZ = 25;
const OCTAVES = Math.log2(FEATURE_RATE_HZ / 2 / LOWEST_HZ);
/** Bins on either side of a peak that survive the enhancement. */
const PEAK_HALF_WIDTH = 2;
/** Hearing falls off below this frequency. */
const SENSITIVITY_MIDPOINT_HZ = 32;
const SENSITIVITY_STEEPNESS = 3;

/** Points of the octave-scaled spectrum. */
export const OCTAVE_POINTS = BIN_COUNT;

const sourceBin = new Uint16Array(OCTAVE_POINTS);
const sourceFraction = new Float64Array(OCTAVE_POINTS);
const sensitivity = new Float64Array(OCTAVE_POINTS);
for (let point = 0; point < OCTAVE_POINTS; point++) {
  const hz = octavePointHz(point);
  const position = Math.min(hz / BIN_HZ, BIN_COUNT - 1);
  sourceBin[point] = Math.min(Math.floor(position), BIN_COUNT - 2);
  sourceFraction[point] = position - sourceBin[point]!;
  sensitivity[point] = 0.5 + Math.atan(SENSITIVITY_STEEPNESS * Math.log2(hz / SENSITIVITY_MIDPOINT_HZ)) / Math.PI;
}

/** Frequency of a (fractional) point of the octave-scaled spectrum, Hz. */
export function octavePointHz(point: number): number {
  return LOWEST_HZ * 2 ** ((point * OCTAVES) / (OCTAVE_POINTS - 1));
}

/** Points that an octave takes, by which subharmonics are shifted. */
export const POINTS_PER_OCTAVE = OCTAVE_POINTS / OCTAVES;

/**
 * A 60 ms frame's magnitudes with their peaks enhanced, smoothed, drawn over a logarithmic frequency axis (natural cubic
 * spline) and weighted by the sensitivity of hearing: the input of subharmonic summation (Hermes 1988).
 */
export class OctaveSpectrum {
  readonly values = new Float64Array(OCTAVE_POINTS);
  readonly #enhanced = new Float64Array(BIN_COUNT);
  readonly #smoothed = new Float64Array(BIN_COUNT);
  readonly #curvature = new Float64Array(BIN_COUNT);
  readonly #scratch = new Float64Array(BIN_COUNT);

  analyze(magnitudes: Float64Array): void {
    this.#enhance(magnitudes);
    this.#smooth();
    this.#fitSpline();
    const y = this.#smoothed;
    const curvature = this.#curvature;
    for (let point = 0; point < OCTAVE_POINTS; point++) {
      const bin = sourceBin[point]!;
      const b = sourceFraction[point]!;
      const a = 1 - b;
      const bend = ((a * a * a - a) * curvature[bin]! + (b * b * b - b) * curvature[bin + 1]!) / 6;
      const value = a * y[bin]! + b * y[bin + 1]! + bend;
      this.values[point] = value > 0 ? value * sensitivity[point]! : 0;
    }
  }

  #enhance(magnitudes: Float64Array): void {
    const enhanced = this.#enhanced;
    enhanced.fill(0);
    for (let bin = 1; bin < BIN_COUNT - 1; bin++) {
      const value = magnitudes[bin]!;
      if (value <= magnitudes[bin - 1]! || value < magnitudes[bin + 1]!) continue;
      const last = Math.min(BIN_COUNT - 1, bin + PEAK_HALF_WIDTH);
      for (let near = Math.max(0, bin - PEAK_HALF_WIDTH); near <= last; near++) enhanced[near] = magnitudes[near]!;
    }
  }

  #smooth(): void {
    const enhanced = this.#enhanced;
    const smoothed = this.#smoothed;
    const last = BIN_COUNT - 1;
    smoothed[0] = enhanced[0]!;
    smoothed[last] = enhanced[last]!;
    for (let bin = 1; bin < last; bin++) {
      smoothed[bin] = 0.25 * (enhanced[bin - 1]! + enhanced[bin + 1]!) + 0.5 * enhanced[bin]!;
    }
  }

  /** Second derivatives of the natural cubic spline through equally spaced points: a tridiagonal solve. */
  #fitSpline(): void {
    const y = this.#smoothed;
    const curvature = this.#curvature;
    const scratch = this.#scratch;
    const last = BIN_COUNT - 1;
    curvature[0] = 0;
    for (let i = 1; i < last; i++) {
      const right = 6 * (y[i - 1]! - 2 * y[i]! + y[i + 1]!);
      scratch[i] = (right - scratch[i - 1]!) * pivots[i]!;
    }
    curvature[last] = 0;
    for (let i = last - 1; i > 0; i--) curvature[i] = scratch[i]! - pivots[i]! * curvature[i + 1]!;
  }
}

/** Reciprocal pivots of the spline's matrix (1, 4, 1), which is the same for every frame. */
const pivots = new Float64Array(BIN_COUNT);
for (let i = 1; i < BIN_COUNT - 1; i++) pivots[i] = 1 / (4 - pivots[i - 1]!);

import { SAMPLE_RATE_HZ } from '../../../../media/media-time.ts';
import { LONG_FFT_SIZE } from '../../egemaps/framing.ts';

const BIN_COUNT = LONG_FFT_SIZE / 2 + 1;
const BIN_HZ = SAMPLE_RATE_HZ / LONG_FFT_SIZE;
const LOWEST_HZ = 25;
const OCTAVES = Math.log2(SAMPLE_RATE_HZ / 2 / LOWEST_HZ);
/** Hearing falls off below this frequency. */
const SENSITIVITY_MIDPOINT_HZ = 32.5;
const SENSITIVITY_STEEPNESS = 3;
/** Position of the bin at 0 Hz on the logarithmic axis, in bins; 0 itself has no logarithm. */
const ZERO_BIN = 0.5;

/** Points of the octave-scaled spectrum. */
export const OCTAVE_POINTS = BIN_COUNT;
/** Points per octave, by which subharmonics are shifted. */
const POINTS_PER_OCTAVE = OCTAVE_POINTS / OCTAVES;

/** Frequency of a (fractional) point of the octave-scaled spectrum, Hz. */
export function octavePointHz(point: number): number {
  return LOWEST_HZ * 2 ** ((point * OCTAVES) / (OCTAVE_POINTS - 1));
}

const HARMONICS = 15;
const COMPRESSION = 0.85;
/** Subharmonic summation: of each harmonic, the distance from its fundamental in points, and its weight. */
export const HARMONIC_SHIFTS = Int32Array.from({ length: HARMONICS }, (_, i) =>
  Math.floor(POINTS_PER_OCTAVE * Math.log2(i + 1)),
);
export const HARMONIC_WEIGHTS = Float64Array.from({ length: HARMONICS }, (_, i) => COMPRESSION ** i / HARMONICS);

/** Distance of the bins `i` and `i + 1` on the logarithmic axis, octaves. */
export const GAP = Float64Array.from({ length: BIN_COUNT - 1 }, (_, i) => Math.log2((i + 1) / Math.max(ZERO_BIN, i)));
export const SLOPE_SCALE = GAP.map((octaves) => 6 / octaves);
/** Reciprocal pivots of the spline's matrix. The matrix is the same for every frame. */
export const PIVOT = new Float64Array(BIN_COUNT);
for (let i = 1; i < BIN_COUNT - 1; i++) {
  PIVOT[i] = 1 / (2 * (GAP[i - 1]! + GAP[i]!) - GAP[i - 1]! ** 2 * PIVOT[i - 1]!);
}

/** Weights that compute each point from the two bins around it and the spline's curvature there. */
export const SOURCE_BIN = new Uint16Array(OCTAVE_POINTS);
export const RIGHT_SHARE = new Float64Array(OCTAVE_POINTS);
export const LEFT_BEND = new Float64Array(OCTAVE_POINTS);
export const RIGHT_BEND = new Float64Array(OCTAVE_POINTS);
/** Sensitivity of hearing at each point. */
export const HEARING = new Float64Array(OCTAVE_POINTS);
for (let point = 0; point < OCTAVE_POINTS; point++) {
  const position = Math.min(octavePointHz(point) / BIN_HZ, BIN_COUNT - 1);
  const bin = Math.min(Math.floor(position), BIN_COUNT - 2);
  const right = Math.log2(position / Math.max(ZERO_BIN, bin)) / GAP[bin]!;
  const left = 1 - right;
  SOURCE_BIN[point] = bin;
  RIGHT_SHARE[point] = right;
  LEFT_BEND[point] = ((left ** 3 - left) * GAP[bin]! ** 2) / 6;
  RIGHT_BEND[point] = ((right ** 3 - right) * GAP[bin]! ** 2) / 6;
  // openSMILE weights a point as if it lay two points higher, on an axis that is narrower by a point.
  const octaves = Math.log2(LOWEST_HZ / SENSITIVITY_MIDPOINT_HZ) + (point + 2) / POINTS_PER_OCTAVE;
  HEARING[point] = 0.5 + Math.atan(SENSITIVITY_STEEPNESS * octaves) / Math.PI;
}

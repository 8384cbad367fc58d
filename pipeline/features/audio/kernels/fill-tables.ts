import { splitFactors, stockhamTwiddles } from './tables/fft-tables.ts';
import type { FilterBank } from './tables/filter-bank.ts';
import * as formants from './tables/formant-rate.ts';
import { LONG_WINDOW, MEL_WINDOW, MFCC_WINDOW, QUALITY_WINDOW, SHORT_WINDOW } from './tables/frame-windows.ts';
import { CEPSTRUM_COSINES, CEPSTRUM_COUNT, HTK_BANDS, MEL_BANDS, MFCC_BANDS, SENSITIVITY } from './tables/mel-bands.ts';
import * as octaves from './tables/octave-axis.ts';
import { slopeWeights } from './tables/spectral-slope.ts';

/** Views of the variables in a module's memory, by their names. */
export interface Memory {
  floats(name: string, count: number): Float32Array;
  doubles(name: string, count: number): Float64Array;
  integers(name: string, count: number): Int32Array;
}

/** Bins by which the parts of the spline overlap: `SETTLE` in `long-frame.c`. */
const SETTLE = 24;
/** A vector's lanes. Rows of tables are filled up with zeros to a multiple of it. */
const LANES = 4;

/** Writes all tables of constants that the kernels read. What each of them is, the source says where it is declared. */
export function fillTables(memory: Memory): void {
  const floats = (name: string, values: ArrayLike<number>) => memory.floats(name, values.length).set(values);
  const integers = (name: string, values: ArrayLike<number>) => memory.integers(name, values.length).set(values);

  for (const size of [512, 1024, 2048]) {
    floats(`twiddles_${size}`, stockhamTwiddles(size));
    floats(`split_${size}`, splitFactors(size));
  }

  floats('short_window', SHORT_WINDOW);
  floats('long_window', LONG_WINDOW);
  floats('mfcc_window', MFCC_WINDOW);
  floats('mel_window', MEL_WINDOW);
  floats('quality_window', QUALITY_WINDOW);

  for (const [name, bank] of [
    ['htk', HTK_BANDS],
    ['mel', MEL_BANDS],
    ['mfcc', MFCC_BANDS],
  ] as const) {
    const padded = inFours(bank);
    integers(`${name}_first`, padded.firstBin);
    integers(`${name}_offset`, padded.offset);
    floats(`${name}_weights`, padded.weights);
  }
  floats('sensitivity', SENSITIVITY);
  floats('cepstrum_cosines', widened(CEPSTRUM_COSINES, HTK_BANDS.bandCount, CEPSTRUM_COUNT));
  floats('slope_low_weights', slopeWeights(0, 500));
  floats('slope_high_weights', slopeWeights(500, 1500));

  const { GAP, PIVOT } = octaves;
  floats('slope_scale', octaves.SLOPE_SCALE);
  memory.floats('spline_pivot', SETTLE + PIVOT.length).set(PIVOT, SETTLE);
  memory.floats('spline_down', SETTLE + PIVOT.length).set(
    PIVOT.map((pivot, i) => (i > 0 ? GAP[i - 1]! * pivot : 0)),
    SETTLE,
  );
  memory.floats('spline_up', SETTLE + PIVOT.length).set(
    PIVOT.map((pivot, i) => (GAP[i] ?? 0) * pivot),
    SETTLE,
  );
  integers('octave_bin', octaves.SOURCE_BIN);
  floats(
    'octave_weights',
    Array.from(octaves.RIGHT_SHARE, (right, point) => {
      return [1 - right, octaves.LEFT_BEND[point]!, right, octaves.RIGHT_BEND[point]!];
    }).flat(),
  );
  floats('hearing', octaves.HEARING);
  integers('harmonic_shift', octaves.HARMONIC_SHIFTS);
  floats('harmonic_weight', octaves.HARMONIC_WEIGHTS);

  floats('inner_cosines', formants.INNER_COSINES);
  floats('inner_sines', formants.INNER_SINES);
  floats('outer_cosines', widened(formants.OUTER_COSINES, formants.RESTS, formants.KEPT_SAMPLES));
  floats('outer_sines', widened(formants.OUTER_SINES, formants.RESTS, formants.KEPT_SAMPLES));
  // Roots are found in pairs. The last one has itself for a partner.
  for (const [name, starts] of [
    ['root_starts_re', formants.ROOT_STARTS_RE],
    ['root_starts_im', formants.ROOT_STARTS_IM],
  ] as const) {
    memory.doubles(name, formants.ROOT_COUNT + 1).set([...starts, starts.at(-1)!]);
  }
}

/** The filters with each band's weights filled up to a multiple of {@link LANES}, and bands without weights at the end. */
function inFours({ bandCount, firstBin, offset, weights }: FilterBank) {
  const bands = roundUp(bandCount);
  const padded: number[] = [];
  const offsets = [0];
  for (let band = 0; band < bands; band++) {
    if (band < bandCount) padded.push(...weights.subarray(offset[band], offset[band + 1]));
    while (padded.length % LANES !== 0) padded.push(0);
    offsets.push(padded.length);
  }
  return { firstBin, offset: offsets, weights: padded };
}

/** Rows of `columns` values, each filled up to a multiple of {@link LANES}. */
function widened(values: Float64Array, columns: number, rows: number): Float64Array {
  const width = roundUp(columns);
  const wide = new Float64Array(width * rows);
  for (let row = 0; row < rows; row++) wide.set(values.subarray(row * columns, (row + 1) * columns), row * width);
  return wide;
}

function roundUp(count: number): number {
  return Math.ceil(count / LANES) * LANES;
}

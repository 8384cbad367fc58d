import { SHORT_FFT_SIZE } from '../../egemaps/framing.ts';

/** Rate at which formants are predicted, Hz. */
export const FORMANT_RATE_HZ = 11_000;
/** Period of the resampled transform: `SHORT_FFT_SIZE` at that rate, samples. */
const PERIOD = (SHORT_FFT_SIZE * FORMANT_RATE_HZ) / 16_000;
/** The reference keeps half of the resampled frame's bins and samples, and cuts off the rest. */
export const KEPT_SAMPLES = 220;

/**
 * The inverse transform in two steps: first over the bins that leave the same rest when divided by {@link RESTS}, whose
 * sum repeats every {@link SHORT_PERIOD} samples, then over the rests.
 */
export const RESTS = 11;
export const SHORT_PERIOD = PERIOD / RESTS;
export const BINS_PER_REST = KEPT_SAMPLES / 2 / RESTS;

/** A row of {@link BINS_PER_REST} per sample of the first half of the short period; the second half mirrors it. */
export const INNER_COSINES = phases(SHORT_PERIOD / 2 + 1, BINS_PER_REST, SHORT_PERIOD, Math.cos);
export const INNER_SINES = phases(SHORT_PERIOD / 2 + 1, BINS_PER_REST, SHORT_PERIOD, Math.sin);
/** A row of {@link RESTS} per sample. */
export const OUTER_COSINES = phases(KEPT_SAMPLES, RESTS, PERIOD, Math.cos);
export const OUTER_SINES = phases(KEPT_SAMPLES, RESTS, PERIOD, Math.sin);

/** Degree of the polynomial, and number of its roots. */
export const ROOT_COUNT = 11;
/** Starting points on a circle inside the unit circle, turned so that none is real or another's conjugate. */
const START_RADIUS = 0.65;
const START_ANGLE = 0.4;
export const ROOT_STARTS_RE = rootStarts(Math.cos);
export const ROOT_STARTS_IM = rootStarts(Math.sin);

function phases(rows: number, columns: number, period: number, wave: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) =>
    wave((2 * Math.PI * Math.floor(at / columns) * (at % columns)) / period),
  );
}

function rootStarts(wave: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: ROOT_COUNT }, (_, i) => {
    return START_RADIUS * wave((2 * Math.PI * i) / ROOT_COUNT + START_ANGLE);
  });
}

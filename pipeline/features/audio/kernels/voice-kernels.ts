/** Most samples that {@link VoiceKernels.samples} holds. */
export const KERNEL_SAMPLES = 45_056;
/** Values per row of {@link VoiceKernels.peaks}: the peak's point, the sum there, before it and behind it. */
export const PEAK_VALUES = 4;
/** Rows of {@link VoiceKernels.peaks}. */
export const MOST_PEAKS = 6;

/**
 * The arithmetic of single frames: all that takes time in the features of a voice. The product has it in WebAssembly. The
 * tests have it in plain TypeScript, too, and compare the two.
 *
 * A caller writes samples, calls a kernel, and reads its results. The memory is shared by all callers: each of them writes
 * what it needs before, and takes its results before another one calls. `at` is always an index in {@link samples}.
 */
export interface VoiceKernels {
  /** What the kernels read: 16 kHz mono, −1…1. */
  readonly samples: Float32Array;

  /** Measures a frame of 320 samples. Results are in {@link shortValues}. */
  analyzeShort(at: number): void;
  /**
   * Mean energy, loudness, alpha ratio (dB), Hammarberg index (dB), slopes of 0–500 Hz and 500–1500 Hz (dB/Hz), spectral
   * flux, coefficients 1–4 of the cepstrum.
   */
  readonly shortValues: Float32Array;
  /** Magnitudes up to 5 kHz of the latest short frame; the flux is the change since then. */
  readonly fluxMagnitudes: Float32Array;

  /** Transforms a frame of 960 samples into {@link magnitudes}. Returns the windowed samples' energy. */
  transformLong(at: number): number;
  /** Of a frame of 1024 samples, bins 0…512. */
  readonly magnitudes: Float32Array;
  /** Finds the highest peaks in the subharmonic sum of {@link magnitudes}. Returns how many there are. */
  findSubharmonicPeaks(): number;
  /** {@link MOST_PEAKS} rows of {@link PEAK_VALUES}, the highest first, and at last the sum over all points. */
  readonly peaks: Float32Array;
  /** Computes {@link correlation} from {@link magnitudes}. */
  correlateMagnitudes(): void;
  /** The frame's autocorrelation, circular over 1024 samples, lags 0…512. Not normalised. */
  readonly correlation: Float32Array;

  /** Predicts a frame of 320 samples, and finds the roots of the predictor. 0 if the frame has no energy. */
  findFormantRoots(at: number): number;
  /** Complex roots; the first 11 values count. */
  readonly rootsRe: Float64Array;
  readonly rootsIm: Float64Array;

  /**
   * Finds the lag, strictly between the two, at which the samples from `at` on most resemble the samples after them; it
   * reads twice `longest`. 0 if the correlation has no local maximum there.
   */
  matchPeriod(at: number, shortest: number, longest: number): number;
  /**
   * Whole lag, its length refined by a parabola, Pearson's correlation at that length, and the distance of the highest
   * from the lowest sample in the period and in the next one.
   */
  readonly period: Float64Array;

  /** Computes {@link mfccDecibels} of 2048 samples. */
  analyzeMfcc(at: number): void;
  /** Power in 128 mel bands, dB, at least −100. */
  readonly mfccDecibels: Float32Array;

  /** Computes {@link melLogs} of 400 samples. */
  analyzeMel(at: number): void;
  /** Decimal logarithms of the power in 80 mel bands, at least −10. */
  readonly melLogs: Float32Array;

  /** Computes {@link qualityPower} of 512 samples. Returns the windowed samples' energy. */
  analyzeQuality(at: number): number;
  /** Power spectrum, bins 0…256. */
  readonly qualityPower: Float32Array;
}

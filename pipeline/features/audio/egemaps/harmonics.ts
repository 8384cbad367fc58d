import { RealFft } from '../fft.ts';
import { FEATURE_RATE_HZ } from '../sample-buffer.ts';
import { FORMANT_COUNT } from './formants.ts';
import { LONG_FFT_SIZE } from './framing.ts';

const BIN_COUNT = LONG_FFT_SIZE / 2 + 1;
const BIN_HZ = FEATURE_RATE_HZ / LONG_FFT_SIZE;
const MAX_HARMONICS = 100;
/** Amplitude of a formant without voice, dB. */
export const UNVOICED_FORMANT_DB = -201;
/** Level of a harmonic that is not there, dB. */
const LOWEST_LEVEL_DB = -200;
const HNR_LIMIT_DB = 100;
/** A harmonic belongs to a formant within this share of the formant's frequency. */
const FORMANT_HALF_WIDTH = 0.2;
/** The autocorrelation's peak may be this share of the period away from it. */
const PERIOD_TOLERANCE = 0.2;

/** Strength of a voiced 60 ms frame's harmonics; read the fields after `analyze`. */
export class Harmonics {
  /** Harmonics-to-noise ratio from the autocorrelation at the pitch period, dB. */
  hnrDb = 0;
  /** First over second harmonic above the fundamental, dB. */
  h1H2Db = 0;
  /** First harmonic above the fundamental over the strongest harmonic in the third formant, dB. */
  h1A3Db = 0;
  /** Strongest harmonic in each formant over the fundamental, dB. */
  readonly formantDb = new Float64Array(FORMANT_COUNT);
  readonly #fft = new RealFft(LONG_FFT_SIZE);
  readonly #mirrored = new Float64Array(LONG_FFT_SIZE);
  readonly #correlation = new Float64Array(BIN_COUNT);
  readonly #im = new Float64Array(BIN_COUNT);
  /** Levels over the fundamental, dB. */
  readonly #levelDb = new Float64Array(MAX_HARMONICS);
  readonly #peakHz = new Float64Array(MAX_HARMONICS);
  #harmonics = 0;

  /**
   * @param hz pitch; 0 for an unvoiced frame.
   * @param magnitudes of the frame's {@link LONG_FFT_SIZE} transform.
   */
  analyze(hz: number, magnitudes: Float64Array, formantHz: Float64Array): void {
    this.hnrDb = 0;
    this.h1H2Db = 0;
    this.h1A3Db = 0;
    this.formantDb.fill(UNVOICED_FORMANT_DB);
    if (hz <= 0) return;
    this.hnrDb = this.#harmonicsToNoise(hz, magnitudes);
    this.#findPeaks(hz, magnitudes);
    for (let f = 0; f < FORMANT_COUNT; f++) this.formantDb[f] = this.#strongestDb(formantHz[f]!);
    this.h1H2Db = this.#levelDb[1]! - this.#levelDb[2]!;
    this.h1A3Db = this.#levelDb[1]! - this.formantDb[2]!;
  }

  #harmonicsToNoise(hz: number, magnitudes: Float64Array): number {
    for (let bin = 0; bin < BIN_COUNT; bin++) {
      const power = magnitudes[bin]! * magnitudes[bin]!;
      this.#mirrored[bin] = power;
      if (bin > 0) this.#mirrored[LONG_FFT_SIZE - bin] = power;
    }
    this.#fft.transform(this.#mirrored, this.#correlation, this.#im);
    const share = this.#correlationPeak(FEATURE_RATE_HZ / hz) / this.#correlation[0]!;
    if (!(share > 0)) return -HNR_LIMIT_DB;
    if (share >= 1) return HNR_LIMIT_DB;
    return Math.max(-HNR_LIMIT_DB, Math.min(HNR_LIMIT_DB, 10 * Math.log10(share / (1 - share))));
  }

  #correlationPeak(period: number): number {
    const last = Math.min(BIN_COUNT - 1, Math.floor(period * (1 + PERIOD_TOLERANCE)));
    let highest = 0;
    for (let lag = Math.ceil(period * (1 - PERIOD_TOLERANCE)); lag <= last; lag++) {
      highest = Math.max(highest, this.#correlation[lag]!);
    }
    return highest;
  }

  /**
   * Finds the local maximum nearest to each multiple of the pitch, refined by a parabola. Levels are relative to the
   * fundamental's highest bin, which itself has the level zero.
   */
  #findPeaks(hz: number, magnitudes: Float64Array): void {
    this.#harmonics = Math.min(MAX_HARMONICS, Math.floor(FEATURE_RATE_HZ / 2 / hz));
    this.#levelDb.fill(LOWEST_LEVEL_DB);
    let fundamentalDb = 0;
    for (let h = 0; h < this.#harmonics; h++) {
      const bin = peakNear(magnitudes, ((h + 1) * hz) / BIN_HZ, hz / BIN_HZ / 2);
      const top = magnitudes[bin]!;
      const left = magnitudes[bin - 1]!;
      const right = magnitudes[bin + 1]!;
      if (h === 0) {
        fundamentalDb = decibels(top);
        this.#levelDb[h] = 0;
      }
      const bend = left - 2 * top + right;
      const offset = bend < 0 ? (0.5 * (left - right)) / bend : 0;
      this.#peakHz[h] = (bin + offset) * BIN_HZ;
      if (h === 0 || !isPeak(magnitudes, bin)) continue;
      const level = decibels(top - 0.25 * (left - right) * offset) - fundamentalDb;
      this.#levelDb[h] = Math.max(LOWEST_LEVEL_DB, level);
    }
  }

  #strongestDb(formantHz: number): number {
    let strongest = Number.NEGATIVE_INFINITY;
    for (let h = 0; h < this.#harmonics; h++) {
      const distance = Math.abs(this.#peakHz[h]! - formantHz);
      if (distance <= FORMANT_HALF_WIDTH * formantHz) strongest = Math.max(strongest, this.#levelDb[h]!);
    }
    return strongest === Number.NEGATIVE_INFINITY ? 0 : strongest;
  }
}

/** The local maximum nearest to the (fractional) bin `centre`; the bin itself when there is none within `reach`. */
function peakNear(magnitudes: Float64Array, centre: number, reach: number): number {
  const last = Math.min(BIN_COUNT - 2, Math.floor(centre + reach));
  let nearest = -1;
  for (let bin = Math.max(1, Math.ceil(centre - reach)); bin <= last; bin++) {
    if (nearest >= 0 && bin - centre >= Math.abs(nearest - centre)) break;
    if (isPeak(magnitudes, bin)) nearest = bin;
  }
  return nearest >= 0 ? nearest : Math.max(1, Math.min(BIN_COUNT - 2, Math.round(centre)));
}

function isPeak(magnitudes: Float64Array, bin: number): boolean {
  return magnitudes[bin]! >= magnitudes[bin - 1]! && magnitudes[bin]! >= magnitudes[bin + 1]!;
}

function decibels(magnitude: number): number {
  return 20 * Math.log10(Math.max(1e-10, magnitude));
}

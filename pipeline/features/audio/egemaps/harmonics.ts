import { SAMPLE_RATE_HZ } from '../../../media/media-time.ts';
import type { VoiceKernels } from '../kernels/voice-kernels.ts';
import { FORMANT_COUNT } from './formants.ts';
import { LONG_FFT_SIZE } from './framing.ts';

const BIN_COUNT = LONG_FFT_SIZE / 2 + 1;
const BIN_HZ = SAMPLE_RATE_HZ / LONG_FFT_SIZE;
const MAX_HARMONICS = 100;
/** Amplitude of a formant without voice, dB. */
export const UNVOICED_FORMANT_DB = -201;
/** Level of a missing harmonic, dB. */
const LOWEST_LEVEL_DB = -200;
const DIFFERENCE_LIMIT_DB = 201;
const HNR_LIMIT_DB = 100;
/** A harmonic belongs to a formant within this share of the formant's frequency. */
const FORMANT_HALF_WIDTH = 0.2;

/**
 * Strength of a voiced 60 ms frame's harmonics; read the fields after `analyze`.
 *
 * If several peaks are possible, the choice follows openSMILE's output, because models trained on its features expect
 * exactly these values.
 */
export class Harmonics {
  /** Harmonics-to-noise ratio from the autocorrelation at the pitch period, dB. */
  hnrDb = 0;
  /** First over second harmonic above the fundamental, dB. */
  h1H2Db = 0;
  /** First harmonic above the fundamental over the strongest harmonic in the third formant, dB. */
  h1A3Db = 0;
  /** Strongest harmonic in each formant over the fundamental, dB. */
  readonly formantDb = new Float64Array(FORMANT_COUNT);
  readonly #kernels: VoiceKernels;
  /** Per harmonic: the magnitude of its highest bin, and of the parabola through it; 0 for a missing harmonic. */
  readonly #binMagnitude = new Float64Array(MAX_HARMONICS);
  readonly #peakMagnitude = new Float64Array(MAX_HARMONICS);
  readonly #peakHz = new Float64Array(MAX_HARMONICS);
  #harmonics = 0;

  constructor(kernels: VoiceKernels) {
    this.#kernels = kernels;
  }

  /**
   * Analyses the frame whose magnitudes the kernels hold.
   * @param hz pitch; 0 for an unvoiced frame.
   */
  analyze(hz: number, formantHz: Float64Array): void {
    this.hnrDb = 0;
    this.h1H2Db = 0;
    this.h1A3Db = 0;
    this.formantDb.fill(UNVOICED_FORMANT_DB);
    if (hz <= 0) return;
    this.hnrDb = this.#harmonicsToNoise(hz);
    this.#findPeaks(hz, this.#kernels.magnitudes);
    for (let f = 0; f < FORMANT_COUNT; f++) this.formantDb[f] = this.#strongestDb(formantHz[f]!);
    if (this.#binMagnitude[0] === 0) return;
    this.h1H2Db = limitedDifference(this.#levelDb(1), this.#levelDb(2));
    this.h1A3Db = limitedDifference(this.#levelDb(1), this.formantDb[2]!);
  }

  #harmonicsToNoise(hz: number): number {
    const { correlation } = this.#kernels;
    this.#kernels.correlateMagnitudes();
    const share = correlationPeak(correlation, SAMPLE_RATE_HZ / hz) / correlation[0]!;
    if (!(share > 0)) return -HNR_LIMIT_DB;
    if (share >= 1) return HNR_LIMIT_DB;
    return Math.max(-HNR_LIMIT_DB, Math.min(HNR_LIMIT_DB, 10 * Math.log10(share / (1 - share))));
  }

  /** Finds the local maximum nearest to each multiple of the pitch, refined by a parabola. */
  #findPeaks(hz: number, magnitudes: Float32Array): void {
    this.#harmonics = Math.min(MAX_HARMONICS, Math.floor(SAMPLE_RATE_HZ / 2 / hz));
    this.#binMagnitude.fill(0);
    const spacing = hz / BIN_HZ;
    let previous = -1;
    for (let h = 0; h < this.#harmonics; h++) {
      const bin = peakNear(magnitudes, (h + 1) * spacing, spacing / 2);
      // A peak between two multiples belongs only to the lower one.
      if (bin < 0 || bin === previous) continue;
      previous = bin;
      const top = magnitudes[bin]!;
      const left = magnitudes[bin - 1]!;
      const right = magnitudes[bin + 1]!;
      const offset = (0.5 * (left - right)) / (left - 2 * top + right);
      this.#binMagnitude[h] = top;
      this.#peakMagnitude[h] = top - 0.25 * (left - right) * offset;
      this.#peakHz[h] = (bin + offset) * BIN_HZ;
    }
  }

  /** Level of a harmonic's parabola over the fundamental's highest bin, dB. The fundamental itself has the level zero. */
  #levelDb(h: number): number {
    if (this.#binMagnitude[0] === 0) return UNVOICED_FORMANT_DB;
    if (h === 0) return 0;
    if (h >= this.#harmonics || this.#binMagnitude[h] === 0) return LOWEST_LEVEL_DB;
    return Math.max(LOWEST_LEVEL_DB, 20 * Math.log10(this.#peakMagnitude[h]! / this.#binMagnitude[0]!));
  }

  /** Level of the harmonic with the highest bin in the formant; 0 where none lies in it. */
  #strongestDb(formantHz: number): number {
    let strongest = -1;
    for (let h = 0; h < this.#harmonics; h++) {
      const magnitude = this.#binMagnitude[h]!;
      if (magnitude === 0 || (strongest >= 0 && magnitude <= this.#binMagnitude[strongest]!)) continue;
      if (Math.abs(this.#peakHz[h]! - formantHz) <= FORMANT_HALF_WIDTH * formantHz) strongest = h;
    }
    return strongest < 0 ? 0 : this.#levelDb(strongest);
  }
}

/**
 * The local maximum nearest to the bin of `centre`, a fraction of one, and at most `reach` bins away; of two equally near
 * ones, the higher bin. −1 where there is none.
 */
function peakNear(magnitudes: Float32Array, centre: number, reach: number): number {
  const first = Math.max(1, Math.round(centre - reach));
  const last = Math.min(BIN_COUNT - 2, Math.round(centre + reach));
  const middle = Math.round(centre);
  for (let distance = 0; middle + distance <= last || middle - distance >= first; distance++) {
    const above = middle + distance;
    if (above <= last && isPeak(magnitudes, above)) return above;
    const below = middle - distance;
    if (below >= first && below <= last && isPeak(magnitudes, below)) return below;
  }
  return -1;
}

/** The correlation's absolute value at its extremum nearest to the period. Of two equally near ones, the earlier counts. */
function correlationPeak(correlation: Float32Array, period: number): number {
  const centre = Math.min(BIN_COUNT - 2, Math.floor(period));
  for (let distance = 0; distance < centre; distance++) {
    if (isExtremum(correlation, centre - distance)) return Math.abs(correlation[centre - distance]!);
    const later = centre + distance;
    if (later < BIN_COUNT - 1 && isExtremum(correlation, later)) return Math.abs(correlation[later]!);
  }
  return 0;
}

function isExtremum(values: Float32Array, index: number): boolean {
  const size = Math.abs(values[index]!);
  return size > Math.abs(values[index - 1]!) && size >= Math.abs(values[index + 1]!);
}

/** Whether a value is above the previous one and not below the next one. */
function isPeak(values: Float32Array, index: number): boolean {
  return values[index]! > values[index - 1]! && values[index]! >= values[index + 1]!;
}

function limitedDifference(a: number, b: number): number {
  return Math.max(-DIFFERENCE_LIMIT_DB, Math.min(DIFFERENCE_LIMIT_DB, a - b));
}

import {
  HARMONIC_SHIFTS,
  HARMONIC_WEIGHTS,
  OCTAVE_POINTS,
} from '../../../pipeline/features/audio/kernels/tables/octave-axis.ts';
import { MOST_PEAKS, PEAK_VALUES } from '../../../pipeline/features/audio/kernels/voice-kernels.ts';

/** The octave spectrum summed over shifted copies of itself, and its highest peaks (Hermes 1988). */
export class SubharmonicSum {
  readonly #sum = new Float64Array(OCTAVE_POINTS);
  /** Points of the highest peaks, and the sum there, highest first. */
  readonly #point = new Int32Array(MOST_PEAKS);
  readonly #top = new Float64Array(MOST_PEAKS);

  /** @param peaks see `VoiceKernels`. Returns how many there are. */
  analyze(spectrum: Float64Array, peaks: Float32Array): number {
    peaks[MOST_PEAKS * PEAK_VALUES] = this.#sumHarmonics(spectrum);
    const count = this.#findPeaks();
    for (let rank = 0; rank < count; rank++) {
      const point = this.#point[rank]!;
      peaks.set([point, this.#top[rank]!, this.#sum[point - 1]!, this.#sum[point + 1]!], rank * PEAK_VALUES);
    }
    return count;
  }

  /** Returns the sum over all points. */
  #sumHarmonics(spectrum: Float64Array): number {
    const sum = this.#sum;
    sum.fill(0);
    for (let h = 0; h < HARMONIC_SHIFTS.length; h++) {
      const shift = HARMONIC_SHIFTS[h]!;
      const weight = HARMONIC_WEIGHTS[h]!;
      for (let point = 0; point + shift < OCTAVE_POINTS; point++) sum[point]! += weight * spectrum[point + shift]!;
    }
    let total = 0;
    for (let point = 0; point < OCTAVE_POINTS; point++) total += sum[point]!;
    return total;
  }

  /**
   * Finds the highest peaks on the whole axis. Peaks outside the range of pitch also take up a candidate's place.
   * Returns their number.
   */
  #findPeaks(): number {
    const sum = this.#sum;
    const tops = this.#top;
    let count = 0;
    for (let point = 1; point < OCTAVE_POINTS - 1; point++) {
      const top = sum[point]!;
      if (top <= sum[point - 1]! || top <= sum[point + 1]!) continue;
      let rank = count;
      while (rank > 0 && top > tops[rank - 1]!) rank--;
      if (rank === MOST_PEAKS) continue;
      if (count < MOST_PEAKS) count++;
      for (let i = count - 1; i > rank; i--) {
        tops[i] = tops[i - 1]!;
        this.#point[i] = this.#point[i - 1]!;
      }
      tops[rank] = top;
      this.#point[rank] = point;
    }
    return count;
  }
}

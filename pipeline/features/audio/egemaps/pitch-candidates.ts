import { OCTAVE_POINTS, octavePointHz, POINTS_PER_OCTAVE } from './octave-spectrum.ts';

const HARMONICS = 15;
const COMPRESSION = 0.85;
const LOWEST_HZ = 55;
const HIGHEST_HZ = 1000;

/** Candidates per frame. */
export const CANDIDATE_COUNT = 6;

const shifts = Int32Array.from({ length: HARMONICS }, (_, i) => Math.floor(POINTS_PER_OCTAVE * Math.log2(i + 1)));
const weights = Float64Array.from({ length: HARMONICS }, (_, i) => COMPRESSION ** i / HARMONICS);

/**
 * Subharmonic summation (Hermes 1988): a pitch is likely where many of its harmonics carry energy. The octave spectrum
 * is summed over shifted copies of itself; its six highest peaks, refined by a parabola, are the candidates.
 */
export class PitchCandidates {
  /** Candidates of the latest frame; 0 where there are fewer. Hz. The first is the most likely. */
  readonly hz = new Float64Array(CANDIDATE_COUNT);
  /** One minus the sum's mean over the candidate's peak, 0…1. */
  readonly voicing = new Float64Array(CANDIDATE_COUNT);
  readonly #sum = new Float64Array(OCTAVE_POINTS);
  /** Points of the highest peaks, and the sum there, highest first. */
  readonly #point = new Int32Array(CANDIDATE_COUNT);
  readonly #top = new Float64Array(CANDIDATE_COUNT);

  analyze(spectrum: Float64Array): void {
    const mean = this.#sumHarmonics(spectrum) / OCTAVE_POINTS;
    const peaks = this.#findPeaks();
    this.hz.fill(0);
    this.voicing.fill(0);
    let count = 0;
    let highest = 0;
    let highestAt = 0;
    for (let rank = 0; rank < peaks; rank++) {
      const point = this.#point[rank]!;
      const left = this.#sum[point - 1]!;
      const top = this.#sum[point]!;
      const right = this.#sum[point + 1]!;
      const offset = (0.5 * (left - right)) / (left - 2 * top + right);
      const hz = octavePointHz(point + offset);
      if (hz < LOWEST_HZ || hz > HIGHEST_HZ) continue;
      const refined = top - 0.25 * (left - right) * offset;
      if (refined > highest) {
        highest = refined;
        highestAt = count;
      }
      this.hz[count] = hz;
      this.voicing[count++] = Math.max(0, 1 - mean / refined);
    }
    swap(this.hz, 0, highestAt);
    swap(this.voicing, 0, highestAt);
  }

  /** Returns the sum over all points. */
  #sumHarmonics(spectrum: Float64Array): number {
    const sum = this.#sum;
    sum.fill(0);
    for (let h = 0; h < HARMONICS; h++) {
      const shift = shifts[h]!;
      const weight = weights[h]!;
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
      if (rank === CANDIDATE_COUNT) continue;
      if (count < CANDIDATE_COUNT) count++;
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

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i]!;
  values[i] = values[j]!;
  values[j] = value;
}

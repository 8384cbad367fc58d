import { OCTAVE_POINTS, octavePointHz, POINTS_PER_OCTAVE } from './octave-spectrum.ts';

const HARMONICS = 15;
const COMPRESSION = 0.85;
const LOWEST_HZ = 55;
const HIGHEST_HZ = 1000;

/** Candidates a frame. */
export const CANDIDATE_COUNT = 6;

const shifts = Int32Array.from({ length: HARMONICS }, (_, i) => Math.floor(POINTS_PER_OCTAVE * Math.log2(i + 1)));
const weights = Float64Array.from({ length: HARMONICS }, (_, i) => COMPRESSION ** i / HARMONICS);

/**
 * Subharmonic summation (Hermes 1988): a pitch is likely where many of its harmonics carry energy. The octave spectrum
 * is summed over shifted copies of itself; its highest peaks are the candidates, refined by a parabola.
 */
export class PitchCandidates {
  /** Candidates of the latest frame, most likely first; 0 where there are fewer. Hz. */
  readonly hz = new Float64Array(CANDIDATE_COUNT);
  /** One minus the sum's mean over the candidate's peak, 0…1. */
  readonly voicing = new Float64Array(CANDIDATE_COUNT);
  readonly #sum = new Float64Array(OCTAVE_POINTS);
  readonly #height = new Float64Array(CANDIDATE_COUNT);

  analyze(spectrum: Float64Array): void {
    const sum = this.#sum;
    sum.fill(0);
    for (let h = 0; h < HARMONICS; h++) {
      const shift = shifts[h]!;
      const weight = weights[h]!;
      for (let point = 0; point + shift < OCTAVE_POINTS; point++) sum[point]! += weight * spectrum[point + shift]!;
    }
    let mean = 0;
    for (let point = 0; point < OCTAVE_POINTS; point++) mean += sum[point]!;
    mean /= OCTAVE_POINTS;
    this.hz.fill(0);
    this.voicing.fill(0);
    this.#height.fill(0);
    for (let point = 1; point < OCTAVE_POINTS - 1; point++) {
      if (sum[point]! > sum[point - 1]! && sum[point]! > sum[point + 1]!) this.#consider(point, mean);
    }
  }

  #consider(point: number, mean: number): void {
    const left = this.#sum[point - 1]!;
    const top = this.#sum[point]!;
    const right = this.#sum[point + 1]!;
    const offset = (0.5 * (left - right)) / (left - 2 * top + right);
    const hz = octavePointHz(point + offset);
    if (hz < LOWEST_HZ || hz > HIGHEST_HZ) return;
    const height = this.#height;
    let rank = CANDIDATE_COUNT;
    while (rank > 0 && top > height[rank - 1]!) rank--;
    if (rank === CANDIDATE_COUNT) return;
    for (let i = CANDIDATE_COUNT - 1; i > rank; i--) {
      height[i] = height[i - 1]!;
      this.hz[i] = this.hz[i - 1]!;
      this.voicing[i] = this.voicing[i - 1]!;
    }
    const refined = top - 0.25 * (left - right) * offset;
    height[rank] = top;
    this.hz[rank] = hz;
    this.voicing[rank] = Math.max(0, 1 - mean / refined);
  }
}

import { OCTAVE_POINTS, octavePointHz } from '../kernels/tables/octave-axis.ts';
import { MOST_PEAKS, PEAK_VALUES, type VoiceKernels } from '../kernels/voice-kernels.ts';

const LOWEST_HZ = 55;
const HIGHEST_HZ = 1000;

/** Candidates per frame. */
export const CANDIDATE_COUNT = MOST_PEAKS;

/**
 * Subharmonic summation (Hermes 1988): a pitch is likely where many of its harmonics carry energy. The octave spectrum
 * is summed over shifted copies of itself; its six highest peaks, refined by a parabola, are the candidates.
 */
export class PitchCandidates {
  /** Candidates of the latest frame; 0 where there are fewer. Hz. The first is the most likely. */
  readonly hz = new Float64Array(CANDIDATE_COUNT);
  /** One minus the sum's mean over the candidate's peak, 0…1. */
  readonly voicing = new Float64Array(CANDIDATE_COUNT);
  readonly #kernels: VoiceKernels;

  constructor(kernels: VoiceKernels) {
    this.#kernels = kernels;
  }

  /** Analyses the frame whose magnitudes the kernels hold. Peaks outside the range of pitch take up a candidate's place. */
  analyze(): void {
    const { peaks } = this.#kernels;
    const found = this.#kernels.findSubharmonicPeaks();
    const mean = peaks[MOST_PEAKS * PEAK_VALUES]! / OCTAVE_POINTS;
    this.hz.fill(0);
    this.voicing.fill(0);
    let count = 0;
    let highest = 0;
    let highestAt = 0;
    for (let at = 0; at < found * PEAK_VALUES; at += PEAK_VALUES) {
      const point = peaks[at]!;
      const top = peaks[at + 1]!;
      const left = peaks[at + 2]!;
      const right = peaks[at + 3]!;
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
}

function swap(values: Float64Array, i: number, j: number): void {
  const value = values[i]!;
  values[i] = values[j]!;
  values[j] = value;
}

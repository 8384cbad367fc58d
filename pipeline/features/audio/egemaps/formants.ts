import { FORMANT_RATE_HZ, ROOT_COUNT } from '../kernels/tables/formant-rate.ts';
import type { VoiceKernels } from '../kernels/voice-kernels.ts';

const LOWEST_HZ = 50;
const HIGHEST_HZ = 5450;
/** Formants per frame. */
export const FORMANT_COUNT = 3;

/**
 * Resonances of the vocal tract in a 20 ms frame: linear prediction of order 11 at 11 kHz, whose polynomial's complex
 * roots give centre frequencies and bandwidths.
 *
 * The values follow openSMILE's eGeMAPS exactly, because models trained on its features expect them: the resampled frame
 * is cut short, the polynomial is solved with an inverted sign of its predictor, and roots outside the unit circle count
 * like their mirror images. openSMILE predicts in single precision, though, and is therefore off by some Hz in one frame
 * of fourteen.
 */
export class Formants {
  /** Formants of the latest frame by frequency, Hz; 0 where there are fewer. */
  readonly hz = new Float64Array(FORMANT_COUNT);
  /** Their bandwidths, Hz. */
  readonly bandwidthHz = new Float64Array(FORMANT_COUNT);
  readonly #kernels: VoiceKernels;

  constructor(kernels: VoiceKernels) {
    this.#kernels = kernels;
  }

  /** @param at where the frame begins in the kernels' samples. */
  analyze(at: number): void {
    this.hz.fill(0);
    this.bandwidthHz.fill(0);
    const { rootsRe, rootsIm } = this.#kernels;
    if (this.#kernels.findFormantRoots(at) === 0) return;
    for (let i = 0; i < ROOT_COUNT; i++) this.#consider(rootsRe[i]!, rootsIm[i]!);
  }

  #consider(re: number, im: number): void {
    if (im <= 0) return;
    const hz = (Math.atan2(im, re) * FORMANT_RATE_HZ) / (2 * Math.PI);
    if (hz < LOWEST_HZ || hz > HIGHEST_HZ) return;
    const bandwidthHz = (0.5 * Math.abs(Math.log(re * re + im * im)) * FORMANT_RATE_HZ) / Math.PI;
    let rank = FORMANT_COUNT;
    while (rank > 0 && (this.hz[rank - 1]! === 0 || hz < this.hz[rank - 1]!)) rank--;
    if (rank === FORMANT_COUNT) return;
    this.hz.copyWithin(rank + 1, rank);
    this.bandwidthHz.copyWithin(rank + 1, rank);
    this.hz[rank] = hz;
    this.bandwidthHz[rank] = bandwidthHz;
  }
}

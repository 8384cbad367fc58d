import { SAMPLE_RATE_HZ } from '../../../media/media-time.ts';
import type { VoiceKernels } from '../kernels/voice-kernels.ts';
import { Contour } from './contour.ts';
import { HOP_SAMPLES, LONG_FRAME_SAMPLES } from './framing.ts';

/** A period may differ from the pitch period by this share. */
const SEARCH_RANGE = 0.1;
/** Two periods belong together if their correlation is at least this. */
const MIN_CORRELATION = 0.5;
/** Samples that must remain after each of two periods before the end of the frame's input. */
const SPARE_SAMPLES = 2;
/** Longest period, in samples: a frame of 60 ms holds two of them and their spare samples. */
const LONGEST_PERIOD = LONG_FRAME_SAMPLES / 2 - SPARE_SAMPLES;
/** What the kernels tell of a period. */
const [LAG, LENGTH, CORRELATION, PEAK_TO_PEAK, NEXT_PEAK_TO_PEAK] = [0, 1, 2, 3, 4] as const;
/** A frame's first period begins no more than two hops and a period before it. */
export const PERIOD_REACH_SAMPLES = 2 * HOP_SAMPLES + LONGEST_PERIOD;

/**
 * Jitter and shimmer of voiced frames. Periods are followed one after the other through the waveform, each as long as
 * the lag at which it resembles the samples after it most. A frame measures the periods that fit into its hop together
 * with their successors, but one at least.
 *
 * The rules are the ones that openSMILE's output shows: models trained on its features expect exactly these values.
 */
export class VoiceQuality {
  /** Mean difference of neighbouring periods' lengths over the mean length, 0…1; 0 where unknown. */
  jitter = 0;
  /** Mean difference of neighbouring periods' peak-to-peak amplitudes over the mean amplitude, 0…6.02 dB; 0 where unknown. */
  shimmerDb = 0;
  /**
   * Where each frame's first period began and its last one ended, in samples from the frame's start; −Infinity in unvoiced
   * frames. With them, any frame can be analysed again.
   */
  readonly #firstOffset = new Contour();
  readonly #nextOffset = new Contour();
  /** Length of the latest accepted period of the voiced stretch, samples. */
  readonly #lastLength = new Contour();
  readonly #jitter = new Contour();
  readonly #shimmerDb = new Contour();
  readonly #kernels: VoiceKernels;

  constructor(kernels: VoiceKernels) {
    this.#kernels = kernels;
  }

  /**
   * Frames are analysed in order, but may be analysed again from any frame on.
   * @param hz pitch; 0 for an unvoiced frame.
   * @param first the kernels' samples begin with the utterance's sample `first`. They hold all of the frame's
   * {@link LONG_FRAME_SAMPLES} and {@link PERIOD_REACH_SAMPLES} before them.
   */
  analyze(frame: number, hz: number, first = 0): void {
    if (hz <= 0) {
      this.#remember(frame, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0);
      return;
    }
    const start = frame * HOP_SAMPLES - first;
    const period = SAMPLE_RATE_HZ / hz;
    const longest = Math.min(LONGEST_PERIOD, Math.floor(period * (1 + SEARCH_RANGE)));
    const shortest = Math.max(1, Math.floor(period * (1 - SEARCH_RANGE)));
    const needed = 2 * (longest + SPARE_SAMPLES);
    const firstAt = start + this.#begin(frame);
    const end = Math.max(start + HOP_SAMPLES, firstAt + needed);
    const { period: match } = this.#kernels;
    let lastLength = frame === 0 ? 0 : this.#lastLength.at(frame - 1);
    let [lengths, totalLength, steps, totalStep, totalChange, totalPeak] = [0, 0, 0, 0, 0, 0];
    let at = firstAt;
    while (at + needed <= end) {
      if (this.#kernels.matchPeriod(at, shortest, longest) === 0) {
        at += Math.round(period);
        continue;
      }
      if (match[CORRELATION]! >= MIN_CORRELATION) {
        if (lastLength > 0) {
          totalStep += Math.abs(match[LENGTH]! - lastLength);
          steps++;
        }
        lastLength = match[LENGTH]!;
        totalLength += lastLength;
        lengths++;
        const peak = match[PEAK_TO_PEAK]!;
        const nextPeak = match[NEXT_PEAK_TO_PEAK]!;
        totalChange += Math.abs(peak - nextPeak);
        totalPeak += (peak + nextPeak) / 2;
      }
      at += match[LAG]!;
    }
    // A frame without an accepted period keeps the values of the previous frame.
    let jitter = frame === 0 ? 0 : this.#jitter.at(frame - 1);
    let shimmerDb = frame === 0 ? 0 : this.#shimmerDb.at(frame - 1);
    if (lengths > 0) {
      jitter = steps > 0 ? Math.min(1, (totalStep / steps) * (lengths / totalLength)) : 0;
      shimmerDb = totalPeak > 0 ? 20 * Math.log10(1 + Math.min(1, totalChange / totalPeak)) : 0;
    }
    this.#remember(frame, firstAt - start, at - start, lastLength, jitter, shimmerDb);
  }

  /** Frames before `frame` are not analysed again. */
  forgetBefore(frame: number): void {
    for (const contour of [this.#firstOffset, this.#nextOffset, this.#lastLength, this.#jitter, this.#shimmerDb]) {
      contour.forgetBefore(frame - 1);
    }
  }

  /**
   * Where the frame's first period begins, from the frame's start: after the last period of the previous frame. A period
   * that ends late is measured again.
   */
  #begin(frame: number): number {
    const next = frame === 0 ? Number.NEGATIVE_INFINITY : this.#nextOffset.at(frame - 1) - HOP_SAMPLES;
    if (next === Number.NEGATIVE_INFINITY) return 0;
    return next < -1 ? next : this.#firstOffset.at(frame - 1) - HOP_SAMPLES;
  }

  #remember(frame: number, first: number, next: number, length: number, jitter: number, shimmerDb: number): void {
    this.jitter = jitter;
    this.shimmerDb = shimmerDb;
    this.#firstOffset.set(frame, first);
    this.#nextOffset.set(frame, next);
    this.#lastLength.set(frame, length);
    this.#jitter.set(frame, jitter);
    this.#shimmerDb.set(frame, shimmerDb);
  }
}

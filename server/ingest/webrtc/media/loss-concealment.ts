/** How much past sound is kept: twice the longest period plus the stretch that is compared. */
const HISTORY_MS = 60;
/** Pitch periods that are searched: voices of 50 to 400 Hz. */
const SHORTEST_PERIOD_MS = 2.5;
const LONGEST_PERIOD_MS = 20;
/** Length of sound that is compared with the sound one period earlier. */
const COMPARED_MS = 20;
/** Full loudness lasts this long. Then it falls linearly, to silence at {@link MAX_CONCEALED_MS}. */
const STEADY_MS = 10;
/** Concealed part of a gap. The rest is silence, because nobody knows how the voice continued. */
const MAX_CONCEALED_MS = 60;
/** How long the returning voice is blended with its continuation. */
const RETURN_MS = 5;

/**
 * Continues a voice over lost packets: repeats its last pitch period and fades it, as in ITU-T G.711, appendix I. A gap
 * of silence would have two edges that sound like speech, also to a voice-activity model. Mono. One instance per
 * stream.
 */
export class LossConcealment {
  readonly #samplesPerMs: number;
  readonly #history: Float32Array;
  #period: Float32Array = new Float32Array(0);
  /** Samples concealed since the last received one. */
  #concealed = 0;

  /** @param sampleRateHz - must give a whole number of samples per ms. */
  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
    this.#history = new Float32Array(HISTORY_MS * this.#samplesPerMs);
  }

  /** Replaces the next `durationMs`. Returns at most {@link MAX_CONCEALED_MS} per gap. */
  conceal(durationMs: number): Float32Array {
    if (this.#concealed === 0) this.#period = this.#lastPeriod();
    const left = MAX_CONCEALED_MS * this.#samplesPerMs - this.#concealed;
    const samples = this.#continuation(Math.max(0, Math.min(left, Math.round(durationMs * this.#samplesPerMs))));
    this.#concealed += samples.length;
    return samples;
  }

  /** Takes the next received samples. After a gap, blends their first 5 ms with the continuation. */
  receive(samples: Float32Array): Float32Array {
    if (this.#concealed > 0) {
      const blended = this.#continuation(Math.min(samples.length, RETURN_MS * this.#samplesPerMs));
      for (let at = 0; at < blended.length; at += 1) {
        const weight = (at + 0.5) / blended.length;
        samples[at] = weight * samples[at]! + (1 - weight) * blended[at]!;
      }
      this.#concealed = 0;
    }
    const history = this.#history;
    const kept = samples.subarray(-history.length);
    history.copyWithin(0, kept.length);
    history.set(kept, history.length - kept.length);
    return samples;
  }

  /** Continues after the samples concealed so far. */
  #continuation(length: number): Float32Array {
    const [steady, end] = [STEADY_MS * this.#samplesPerMs, MAX_CONCEALED_MS * this.#samplesPerMs];
    const samples = new Float32Array(length);
    for (let index = 0; index < length; index += 1) {
      const at = this.#concealed + index;
      const gain = Math.min(1, Math.max(0, (end - at) / (end - steady)));
      samples[index] = gain * this.#period[at % this.#period.length]!;
    }
    return samples;
  }

  /** The last pitch period. Its end is blended with the sound before it, so that it repeats without a step. */
  #lastPeriod(): Float32Array {
    const history = this.#history;
    const length = this.#periodLength();
    const start = history.length - length;
    const period = history.slice(start);
    const overlap = length >> 2;
    for (let index = 0; index < overlap; index += 1) {
      const at = length - overlap + index;
      const weight = (index + 1) / (overlap + 1);
      period[at] = (1 - weight) * period[at]! + weight * history[start - overlap + index]!;
    }
    return period;
  }

  /** The shift at which the last samples most resemble earlier ones, by normalised correlation. */
  #periodLength(): number {
    const history = this.#history;
    const from = history.length - COMPARED_MS * this.#samplesPerMs;
    const longest = LONGEST_PERIOD_MS * this.#samplesPerMs;
    let best = longest;
    let bestLikeness = 0;
    for (let period = Math.ceil(SHORTEST_PERIOD_MS * this.#samplesPerMs); period <= longest; period += 1) {
      let [product, energy] = [0, 0];
      for (let at = from; at < history.length; at += 1) {
        product += history[at]! * history[at - period]!;
        energy += history[at - period]! ** 2;
      }
      const likeness = energy > 0 ? product / Math.sqrt(energy) : 0;
      if (likeness > bestLikeness) [best, bestLikeness] = [period, likeness];
    }
    return best;
  }
}

/** What is kept of the last samples: the longest period twice, and the stretch that is compared with what preceded it. */
const HISTORY_MS = 60;
/** Periods that are looked for: voices of 50 to 400 Hz. */
const SHORTEST_PERIOD_MS = 2.5;
const LONGEST_PERIOD_MS = 20;
/** Stretch that must look alike a period earlier. */
const COMPARED_MS = 20;
/** Loudness is kept for this long, then falls evenly, and is gone after {@link MAX_CONCEALED_MS}. */
const STEADY_MS = 10;
/** A hole is filled up to here: a longer one is silence, since what a voice went on to say is not known. */
const MAX_CONCEALED_MS = 60;
/** Time in which the voice that is back takes over from its continuation. */
const RETURN_MS = 5;

/**
 * Goes on with a voice where packets are lost: its last period of pitch is repeated and fades, as in ITU-T G.711,
 * appendix I. A hole of silence instead has two edges that sound, and look to a voice-activity model, like speech.
 * Mono; pure; one stream.
 */
export class LossConcealment {
  readonly #samplesPerMs: number;
  readonly #history: Float32Array;
  #period: Float32Array = new Float32Array(0);
  /** Samples concealed since the last one that came. */
  #concealed = 0;

  /** @param sampleRateHz - a whole number of samples a millisecond. */
  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
    this.#history = new Float32Array(HISTORY_MS * this.#samplesPerMs);
  }

  /** What is played in place of the next `durationMs`; at most {@link MAX_CONCEALED_MS} of one hole. */
  conceal(durationMs: number): Float32Array {
    if (this.#concealed === 0) this.#period = this.#lastPeriod();
    const left = MAX_CONCEALED_MS * this.#samplesPerMs - this.#concealed;
    const samples = this.#continuation(Math.max(0, Math.min(left, Math.round(durationMs * this.#samplesPerMs))));
    this.#concealed += samples.length;
    return samples;
  }

  /** The next samples that came. Behind a hole their first 5 ms change: they are blended with the continuation. */
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

  /** What follows the samples concealed so far. */
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

  /** The last period of pitch; its end runs over into what came before it, so that it can be repeated without a step. */
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

  /** The shift at which the last samples resemble what came before them most, by normalised correlation. */
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

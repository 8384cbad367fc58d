import { SPEAKER_EXCERPT_SAMPLES } from '../../../../../models/index.ts';
import { STEP_MS, type StepRange } from '../voice-activity.ts';

/** Rate of the sound that the speaker encoder hears. */
export const SOUND_RATE_HZ = 16_000;
export const STEP_SAMPLES = (SOUND_RATE_HZ * STEP_MS) / 1000;

/** The newest sound of a track, from where it is still needed. Samples are numbered from time 0 on. */
export class SoundWindow {
  #samples = new Float32Array(4 * SOUND_RATE_HZ);
  #start = 0;
  #length = 0;

  /** Number of the first sample that is kept. */
  get start(): number {
    return this.#start;
  }

  /** Number behind the last sample. */
  get end(): number {
    return this.#start + this.#length;
  }

  add(samples: Float32Array): void {
    if (this.#length + samples.length > this.#samples.length) {
      const larger = new Float32Array(2 * (this.#length + samples.length));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length += samples.length;
  }

  /** Lets go of what lies before a sample. */
  forgetBefore(sample: number): void {
    const count = Math.max(0, Math.min(this.#length, sample - this.#start));
    this.#samples.copyWithin(0, count, this.#length);
    this.#start += count;
    this.#length -= count;
  }

  /** Lets go of all; the next sound begins at the given sample. */
  restart(sample: number): void {
    this.#start = sample;
    this.#length = 0;
  }

  /** The kept part of a stretch, up to the next change. */
  between(from: number, to: number): Float32Array {
    return this.#samples.subarray(
      Math.max(0, from - this.#start),
      Math.max(0, Math.min(this.#length, to - this.#start)),
    );
  }

  /** The sound of a window, repeated until it is as long as an excerpt. */
  excerpt({ from, to }: StepRange): Float32Array {
    const length = (to - from) * STEP_SAMPLES;
    const isWhole = length >= SPEAKER_EXCERPT_SAMPLES - STEP_SAMPLES;
    const start = from * STEP_SAMPLES;
    const heard = this.between(start, start + (isWhole ? SPEAKER_EXCERPT_SAMPLES : length));
    const excerpt = new Float32Array(SPEAKER_EXCERPT_SAMPLES);
    for (let at = 0; at < excerpt.length && heard.length > 0; at += heard.length) {
      excerpt.set(heard.subarray(0, excerpt.length - at), at);
    }
    return excerpt;
  }
}

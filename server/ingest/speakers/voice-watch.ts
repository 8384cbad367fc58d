import { measureLevel, STEP_MS } from '../file/placement/voice-activity.ts';

/** Steps of which the levels are remembered: one minute. */
const MAX_LEVELS = 600;
const LEAST_ENERGY = 1e-12;

/** Tells voice from silence by level, as sound comes. Of sound that is steady from its beginning, it cannot tell. */
export class VoiceWatch {
  readonly #levelsDb: number[] = [];
  #energy = 0;
  #lengthMs = 0;
  #isVoiced = true;

  /** Takes the next samples. Returns whether they are as loud as a voice of this track. */
  take(samples: Float32Array, sampleRateHz: number): boolean {
    let energy = 0;
    for (const sample of samples) energy += sample * sample;
    this.#energy += (energy * 1000) / sampleRateHz;
    this.#lengthMs += (samples.length * 1000) / sampleRateHz;
    if (this.#lengthMs < STEP_MS) return this.#isVoiced;
    this.#levelsDb.push(10 * Math.log10(this.#energy / this.#lengthMs + LEAST_ENERGY));
    if (this.#levelsDb.length > MAX_LEVELS) this.#levelsDb.shift();
    this.#energy = 0;
    this.#lengthMs = 0;
    this.#isVoiced = measureLevel(Float32Array.from(this.#levelsDb)).voiced.at(-1) === 1;
    return this.#isVoiced;
  }
}

import { clusterVoices, dot, gainOfDivision, type VoiceExcerpt } from '../../../pipeline/index.ts';

/** Excerpts that are remembered, and with how many two voices are looked for. */
const MAX_EXCERPTS = 200;
const LEAST_EXCERPTS = 10;
/** Beginnings of a division: few, because all excerpts are divided anew for each that comes. */
const STARTS = 6;
/** Two voices have at least this much gain. It is more than for recordings: few excerpts divide well by chance. */
const LEAST_GAIN = 0.05;

/** What is known of the voices of one live track. The first voice is the one that was heard first. */
export class LiveVoices {
  readonly #excerpts: VoiceExcerpt[] = [];
  #means: readonly [Float32Array, Float32Array] | null = null;

  /** Whether two voices have been heard. */
  get areTwo(): boolean {
    return this.#means !== null;
  }

  /** Takes the next excerpt. */
  add(excerpt: VoiceExcerpt): void {
    this.#excerpts.push(excerpt);
    if (this.#excerpts.length > MAX_EXCERPTS) this.#excerpts.shift();
    if (this.#excerpts.length < LEAST_EXCERPTS) return;
    const clusters = clusterVoices(this.#excerpts, STARTS);
    if (clusters === null) return;
    const { labels, means } = clusters;
    if (this.#means === null) {
      if (gainOfDivision(this.#excerpts, labels) >= LEAST_GAIN) this.#means = means;
      return;
    }
    // The voices keep their numbers, also once the first excerpt is forgotten.
    const [a, b] = this.#means;
    const isSwapped = dot(a, means[1]) + dot(b, means[0]) > dot(a, means[0]) + dot(b, means[1]);
    this.#means = isSwapped ? [means[1], means[0]] : means;
  }

  /** How much more a voice is like the second one than like the first, −1…1. */
  leaningOf(vector: Float32Array): number {
    return this.#means === null ? -1 : dot(vector, this.#means[1]) - dot(vector, this.#means[0]);
  }
}

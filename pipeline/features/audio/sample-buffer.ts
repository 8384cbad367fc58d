import { SAMPLE_RATE_HZ } from '../../media/media-time.ts';

const INITIAL_SAMPLES = 4 * SAMPLE_RATE_HZ;
/** Room behind the kept samples, so that they are rarely moved to the front. */
const SPARE_SAMPLES = 2 * SAMPLE_RATE_HZ;

/** Calls `use` with parts of the samples that {@link SampleBuffer} takes without growing. */
export function forShortParts(samples: Float32Array, use: (part: Float32Array) => void): void {
  if (samples.length <= SPARE_SAMPLES) use(samples);
  else for (let at = 0; at < samples.length; at += SPARE_SAMPLES) use(samples.subarray(at, at + SPARE_SAMPLES));
}

/** The newest samples of an utterance. Indices count from the utterance's first sample, even if it is no longer held. */
export class SampleBuffer {
  readonly #keptSamples: number;
  #samples: Float32Array;
  #first = 0;
  #length = 0;

  /** @param keptSamples least number of newest samples that are held. */
  constructor(keptSamples: number) {
    this.#keptSamples = keptSamples;
    this.#samples = new Float32Array(Math.min(INITIAL_SAMPLES, keptSamples + SPARE_SAMPLES));
  }

  /** Samples appended so far. */
  get length(): number {
    return this.#length;
  }

  /** Index of the oldest sample held. */
  get first(): number {
    return this.#first;
  }

  /** The samples held: sample `i` is at `i − first`, for `i` from {@link first} to `length − 1`. Replaced by `append`. */
  get samples(): Float32Array {
    return this.#samples;
  }

  /** Writes the samples `from`…`to − 1` to the front of `target`. Zeros stand for samples that are not held. */
  copyTo(target: Float32Array, from: number, to: number): void {
    const start = Math.max(from, this.#first);
    const end = Math.min(to, this.#length);
    if (start > from || end < to) target.fill(0, 0, to - from);
    if (start < end) target.set(this.#samples.subarray(start - this.#first, end - this.#first), start - from);
  }

  append(samples: Float32Array): void {
    this.#makeRoom(samples.length);
    this.#samples.set(samples, this.#length - this.#first);
    this.#length += samples.length;
  }

  #makeRoom(count: number): void {
    const held = this.#length - this.#first;
    if (held + count <= this.#samples.length) return;
    const enough = this.#keptSamples + Math.max(SPARE_SAMPLES, count);
    if (this.#samples.length < enough) {
      const grown = new Float32Array(Math.min(enough, Math.max(held + count, 2 * this.#samples.length)));
      grown.set(this.#samples.subarray(0, held));
      this.#samples = grown;
    }
    if (held + count <= this.#samples.length) return;
    const dropped = held - this.#keptSamples;
    this.#samples.copyWithin(0, dropped, held);
    this.#first += dropped;
  }
}

/** Longest utterance whose features can be computed, ms. */
export const MAX_UTTERANCE_MS = 20_000;
/** Sample rate of everything in this folder, Hz. */
export const FEATURE_RATE_HZ = 16_000;
const MAX_SAMPLES = (MAX_UTTERANCE_MS / 1000) * FEATURE_RATE_HZ;

/** The utterance's samples, growing as they come. */
export class SampleBuffer {
  #samples = new Float32Array(4 * FEATURE_RATE_HZ);
  #length = 0;

  /** Samples pushed so far. */
  get length(): number {
    return this.#length;
  }

  /** The samples; only the first {@link length} are meaningful. Replaced when the buffer grows. */
  get samples(): Float32Array {
    return this.#samples;
  }

  /** @throws RangeError when the utterance would exceed {@link MAX_UTTERANCE_MS}. */
  append(samples: Float32Array): void {
    const length = this.#length + samples.length;
    if (length > MAX_SAMPLES) throw new RangeError(`an utterance may last ${MAX_UTTERANCE_MS} ms at most`);
    if (length > this.#samples.length) {
      const grown = new Float32Array(Math.min(MAX_SAMPLES, Math.max(length, 2 * this.#samples.length)));
      grown.set(this.#samples.subarray(0, this.#length));
      this.#samples = grown;
    }
    this.#samples.set(samples, this.#length);
    this.#length = length;
  }
}

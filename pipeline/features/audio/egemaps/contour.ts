import { MAX_FRAMES } from './framing.ts';

/** One value a frame, growing to {@link MAX_FRAMES}. */
export class Contour {
  #values = new Float64Array(512);

  /** The values; those of frames not yet set are zero. Replaced when the contour grows. */
  get values(): Float64Array {
    return this.#values;
  }

  at(frame: number): number {
    return this.#values[frame]!;
  }

  set(frame: number, value: number): void {
    if (frame >= this.#values.length) {
      const grown = new Float64Array(Math.min(MAX_FRAMES, Math.max(frame + 1, 2 * this.#values.length)));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[frame] = value;
  }
}

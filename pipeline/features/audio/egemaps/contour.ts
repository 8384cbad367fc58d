const INITIAL_FRAMES = 512;

/** One value per frame. It grows with the utterance, and its oldest values can be forgotten. */
export class Contour {
  #values = new Float32Array(INITIAL_FRAMES);
  #first = 0;

  /** The values, from frame 0 or the first frame not forgotten. Frames not yet set are zero. `set` may replace the array. */
  get values(): Float32Array {
    return this.#values;
  }

  at(frame: number): number {
    return this.#values[frame - this.#first]!;
  }

  set(frame: number, value: number): void {
    if (frame - this.#first >= this.#values.length) this.#reserve(frame);
    this.#values[frame - this.#first] = value;
  }

  /** Forgets the frames before `frame`. Their memory is reused once they are half of all frames. */
  forgetBefore(frame: number): void {
    const count = frame - this.#first;
    if (count < this.#values.length / 2) return;
    this.#values.copyWithin(0, count);
    this.#values.fill(0, Math.max(0, this.#values.length - count));
    this.#first = frame;
  }

  #reserve(frame: number): void {
    const grown = new Float32Array(Math.max(frame - this.#first + 1, 2 * this.#values.length));
    grown.set(this.#values);
    this.#values = grown;
  }
}

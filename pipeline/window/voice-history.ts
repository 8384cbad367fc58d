/** The newest frames' probabilities of speech, and whether they counted as voiced. Frames count from 0. */
export class VoiceHistory {
  readonly #probabilities: Float32Array;
  readonly #voiced: Uint8Array;
  #frameCount = 0;

  /** `capacity`: frames that are kept. */
  constructor(capacity: number) {
    this.#probabilities = new Float32Array(capacity);
    this.#voiced = new Uint8Array(capacity);
  }

  get frameCount(): number {
    return this.#frameCount;
  }

  /** Starts over at frame 0. */
  clear(): void {
    this.#frameCount = 0;
  }

  push(probability: number): void {
    this.#probabilities[this.#slot(this.#frameCount)] = probability;
    this.#frameCount += 1;
  }

  probabilityOf(frame: number): number {
    return this.#probabilities[this.#slot(frame)]!;
  }

  mark(frame: number, isVoiced: boolean): void {
    this.#voiced[this.#slot(frame)] = isVoiced ? 1 : 0;
  }

  isVoiced(frame: number): boolean {
    return this.#voiced[this.#slot(frame)] === 1;
  }

  isKept(frame: number): boolean {
    return frame >= 0 && this.#frameCount - frame < this.#probabilities.length;
  }

  /** Frame behind the last voiced one before `frame`. */
  voiceEndBefore(frame: number): number {
    const oldest = Math.max(0, this.#frameCount - this.#probabilities.length);
    let end = frame;
    while (end > oldest && !this.isVoiced(end - 1)) {
      end -= 1;
    }
    return end;
  }

  #slot(frame: number): number {
    return frame % this.#probabilities.length;
  }
}

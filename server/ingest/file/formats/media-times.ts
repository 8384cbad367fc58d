/** A step back by more than this is a clock that began again, and not a container's rounding, s. */
const STEP_BACK_S = 1;

/**
 * Turns the times of a track into times that never jump back. A clock that begins again goes on where it was. So does
 * one that jumps beyond the recording's end. Any other gap stays.
 */
export class MediaTimes {
  readonly #durationS: number;
  #shiftS = 0;
  #endS: number | null = null;

  /** @param durationS - of the recording; infinite when it is not known. */
  constructor(durationS: number) {
    this.#durationS = durationS;
  }

  /** Where the track's last frame ends, s. */
  get endS(): number {
    return this.#endS ?? 0;
  }

  /**
   * The time of the next frame.
   *
   * @param timeS - the container's, relative to its start. Null: the frame follows the one before.
   */
  place(timeS: number | null, lengthS: number): number {
    let placedS = timeS === null ? this.endS : timeS + this.#shiftS;
    if (this.#endS !== null && timeS !== null) {
      const isBack = placedS < this.#endS - STEP_BACK_S;
      const isBeyond = placedS > this.#endS + STEP_BACK_S && placedS > this.#durationS + STEP_BACK_S;
      if (isBack || isBeyond) {
        this.#shiftS += this.#endS - placedS;
        placedS = this.#endS;
      }
    }
    placedS = Math.max(0, placedS);
    this.#endS = placedS + lengthS;
    return placedS;
  }
}

/** Packets over which the least delay of delivery is taken. */
const WINDOW_PACKETS = 50;
/** Deviation from the other tracks' clock that is corrected, in ms. Less is the jitter of delivery. */
const TOLERANCE_MS = 40;

/**
 * Maps a stream of counted samples to media time. Packets are delivered late by a varying delay, so the time of the
 * least delayed one counts: media time runs evenly with the samples and moves only when both clocks have drifted
 * apart, or when capture paused.
 */
export class SampleClock {
  readonly #sampleRateHz: number;
  readonly #offsets: number[] = [];
  #offsetMs: number | null = null;

  constructor(sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
  }

  /**
   * Media time of a packet's first sample, in ms from 0.
   *
   * @param firstSample - samples since capture began.
   * @param sampleCount - samples of the packet.
   * @param arrivalMs - media time at which the packet was delivered, in ms.
   */
  mediaTimeMs(firstSample: number, sampleCount: number, arrivalMs: number): number {
    this.#offsets.push(arrivalMs - this.#durationMs(firstSample + sampleCount));
    if (this.#offsets.length > WINDOW_PACKETS) this.#offsets.shift();
    const least = Math.min(...this.#offsets);
    if (this.#offsetMs === null || Math.abs(least - this.#offsetMs) > TOLERANCE_MS) this.#offsetMs = least;
    return Math.max(0, this.#offsetMs + this.#durationMs(firstSample));
  }

  #durationMs(samples: number): number {
    return (samples * 1000) / this.#sampleRateHz;
  }
}

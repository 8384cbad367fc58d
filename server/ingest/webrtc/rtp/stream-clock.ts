import type { SenderReport } from './rtcp.ts';
import { Unwrapper } from './unwrap.ts';

/** Largest distance between a stream's time and the arrival time, in ms. Beyond it, the stream counts as restarted. */
const MAX_DRIFT_MS = 5000;

/**
 * Media times of one RTP stream. They count from the arrival of its first packets. A stream may follow another one.
 * Once both have sent a sender report, the follower is aligned with it by the sender's own clock.
 */
export class StreamClock {
  readonly #unitsPerMs: number;
  readonly #unwrapper = new Unwrapper(32);
  readonly #leader: () => StreamClock | null;
  #anchor: { readonly timestamp: number; readonly mediaMs: number } | null = null;
  #report: { readonly timestamp: number; readonly ntpMs: number } | null = null;

  /** `leader`: the clock of the voice that belongs to a picture. Null until there is one. */
  constructor(clockRateHz: number, leader: () => StreamClock | null = () => null) {
    this.#unitsPerMs = clockRateHz / 1000;
    this.#leader = leader;
  }

  /**
   * A packet arrived.
   *
   * @param arrivalMs - media time of its arrival.
   * @returns its unwrapped timestamp, for {@link mediaMs}.
   */
  arrived(rtpTimestamp: number, arrivalMs: number): number {
    const timestamp = this.#unwrapper.unwrap(rtpTimestamp);
    if (this.#anchor === null || Math.abs(this.#anchoredMs(timestamp) - arrivalMs) > MAX_DRIFT_MS) {
      this.#anchor = { timestamp, mediaMs: arrivalMs };
      this.#report = null;
    }
    return timestamp;
  }

  /**
   * Starts with the first packets of a stream together. The packet with the shortest delay sets the clock, so a late
   * first packet does no harm. A sender that begins with a burst, as `ffmpeg -re` does, would have begun before the call:
   * its first packet then is at 0.
   */
  begin(packets: readonly { readonly timestamp: number; readonly arrivalMs: number }[]): void {
    let anchor: { timestamp: number; mediaMs: number } | null = null;
    let first = Number.POSITIVE_INFINITY;
    for (const { timestamp: rtpTimestamp, arrivalMs } of packets) {
      const timestamp = this.#unwrapper.unwrap(rtpTimestamp);
      const isQuicker =
        anchor === null || arrivalMs - anchor.mediaMs < (timestamp - anchor.timestamp) / this.#unitsPerMs;
      if (isQuicker) anchor = { timestamp, mediaMs: arrivalMs };
      first = Math.min(first, timestamp);
    }
    this.#anchor = anchor;
    if (anchor !== null) anchor.mediaMs += Math.max(0, -this.#anchoredMs(first));
  }

  senderReport({ ntpMs, rtpTimestamp }: SenderReport): void {
    if (this.#anchor !== null) this.#report = { timestamp: this.#unwrapper.peek(rtpTimestamp), ntpMs };
  }

  /** Media time of a timestamp, in ms, at least 0. */
  mediaMs(timestamp: number): number {
    const anchoredMs = this.#anchoredMs(timestamp);
    const alignedMs = this.#alignedMs(timestamp);
    // Senders that never set their clock report nonsense.
    const isPlausible = alignedMs !== null && Math.abs(alignedMs - anchoredMs) <= MAX_DRIFT_MS;
    return Math.max(0, isPlausible ? alignedMs : anchoredMs);
  }

  #anchoredMs(timestamp: number): number {
    const { timestamp: from, mediaMs } = this.#anchor ?? { timestamp, mediaMs: 0 };
    return mediaMs + (timestamp - from) / this.#unitsPerMs;
  }

  #alignedMs(timestamp: number): number | null {
    const leader = this.#leader();
    if (this.#report === null || leader === null) return null;
    const ntpMs = this.#report.ntpMs + (timestamp - this.#report.timestamp) / this.#unitsPerMs;
    return leader.#mediaMsAtNtp(ntpMs);
  }

  #mediaMsAtNtp(ntpMs: number): number | null {
    if (this.#report === null) return null;
    return this.#anchoredMs(this.#report.timestamp + (ntpMs - this.#report.ntpMs) * this.#unitsPerMs);
  }
}

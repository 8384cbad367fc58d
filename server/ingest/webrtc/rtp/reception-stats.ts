import type { ReportBlock } from './rtcp.ts';

/** Statistics of one SSRC for receiver reports (RFC 3550, 6.4 and A.3, A.8). */
export class ReceptionStats {
  readonly #ssrc: number;
  readonly #clockRateHz: number;
  #base: number | null = null;
  #highest = 0;
  #received = 0;
  #expectedBefore = 0;
  #receivedBefore = 0;
  #transitMs = 0;
  #jitterMs = 0;
  #reportMiddle = 0;
  #reportArrivedMs = 0;

  constructor(ssrc: number, clockRateHz: number) {
    this.#ssrc = ssrc;
    this.#clockRateHz = clockRateHz;
  }

  get received(): number {
    return this.#received;
  }

  /** `sequence` and `timestamp` are unwrapped. */
  arrived(sequence: number, timestamp: number, nowMs: number): void {
    const transitMs = nowMs - (timestamp * 1000) / this.#clockRateHz;
    if (this.#base === null) this.#base = this.#highest = sequence;
    else this.#jitterMs += (Math.abs(transitMs - this.#transitMs) - this.#jitterMs) / 16;
    this.#transitMs = transitMs;
    this.#received += 1;
    this.#highest = Math.max(this.#highest, sequence);
  }

  /** The middle 32 bits of a sender report's NTP time, and its arrival time. */
  senderReport(middle: number, nowMs: number): void {
    this.#reportMiddle = middle;
    this.#reportArrivedMs = nowMs;
  }

  /** Null before the first packet. The loss is counted since the previous block. */
  block(nowMs: number): ReportBlock | null {
    if (this.#base === null) return null;
    const expected = this.#highest - this.#base + 1;
    const expectedNow = expected - this.#expectedBefore;
    const lostNow = expectedNow - (this.#received - this.#receivedBefore);
    this.#expectedBefore = expected;
    this.#receivedBefore = this.#received;
    return {
      ssrc: this.#ssrc,
      fractionLost: expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      lost: Math.max(-0x800000, Math.min(0x7fffff, expected - this.#received)),
      highestSequence: this.#highest >>> 0,
      jitter: Math.round((this.#jitterMs * this.#clockRateHz) / 1000) >>> 0,
      lastReport: this.#reportMiddle,
      sinceLastReport:
        this.#reportMiddle === 0 ? 0 : Math.round(((nowMs - this.#reportArrivedMs) / 1000) * 65_536) >>> 0,
    };
  }
}

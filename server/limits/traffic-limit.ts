import { TokenBucket } from './token-bucket.ts';

export interface TrafficLimits {
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
}

/** Limits the messages and bytes per second of one source, or of all sources of one holder. */
export class TrafficLimit {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;

  /** @param largestBytes - size of the largest message, which fits into a burst. Default: 0. */
  constructor({ maxMessagesPerSecond, maxBytesPerSecond }: TrafficLimits, nowMs: number, largestBytes = 0) {
    this.#messages = new TokenBucket(maxMessagesPerSecond, 2 * maxMessagesPerSecond, nowMs);
    this.#bytes = new TokenBucket(maxBytesPerSecond, Math.max(2 * maxBytesPerSecond, largestBytes), nowMs);
  }

  /** Counts a message. Returns the limit that it exceeds, or null. */
  take(bytes: number, nowMs: number): 'messages' | 'bytes' | null {
    if (!this.#messages.take(1, nowMs)) return 'messages';
    return this.#bytes.take(bytes, nowMs) ? null : 'bytes';
  }

  /**
   * Adds the traffic that `ms` of waiting for the server would have allowed, because what the source sent in that time
   * arrives at once.
   */
  makeUpFor(ms: number): void {
    this.#messages.makeUpFor(ms);
    this.#bytes.makeUpFor(ms);
  }
}

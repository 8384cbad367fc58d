import { TokenBucket } from './token-bucket.ts';

export interface TrafficLimits {
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
}

/** Limits the messages and the bytes per second that come from one source, or from all sources of one holder. */
export class TrafficLimit {
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;

  /** @param largestBytes - size of the largest message: a burst has room for it. Default: 0. */
  constructor({ maxMessagesPerSecond, maxBytesPerSecond }: TrafficLimits, nowMs: number, largestBytes = 0) {
    this.#messages = new TokenBucket(maxMessagesPerSecond, 2 * maxMessagesPerSecond, nowMs);
    this.#bytes = new TokenBucket(maxBytesPerSecond, Math.max(2 * maxBytesPerSecond, largestBytes), nowMs);
  }

  /** Counts a message. Returns which limit it exceeds, or null. */
  take(bytes: number, nowMs: number): 'messages' | 'bytes' | null {
    if (!this.#messages.take(1, nowMs)) return 'messages';
    return this.#bytes.take(bytes, nowMs) ? null : 'bytes';
  }

  /** Adds what `ms` of waiting for the server would have gained: what the source sent meanwhile arrives at once. */
  makeUpFor(ms: number): void {
    this.#messages.makeUpFor(ms);
    this.#bytes.makeUpFor(ms);
  }
}

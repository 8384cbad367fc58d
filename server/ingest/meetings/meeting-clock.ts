/**
 * How far other media may lie before the first item that arrived, in ms. Sound, pictures and words come in parallel.
 */
const HEAD_ROOM_MS = 1000;

/**
 * Maps a platform's times to media time. The platform stamps everything it sends with a recording's time or the time of
 * day. The first time that is mapped decides the offset for all connections of the session. A recording's time is kept
 * unchanged if the session has received the recording from its beginning.
 */
export class MeetingClock {
  readonly #originMs: number;
  readonly #latestStartMs: number;
  #offsetMs: number | null = null;

  /**
   * @param originMs - media time at which the meeting joined its session.
   * @param latestStartMs - the largest first platform time that is taken as the session's own media time.
   */
  constructor(originMs: number, latestStartMs: number) {
    this.#originMs = originMs;
    this.#latestStartMs = latestStartMs;
  }

  /** The offset to add to the platform's times, in ms. */
  offsetMs(platformMs: number): number {
    const isOwn = this.#originMs === 0 && platformMs >= 0 && platformMs <= this.#latestStartMs;
    this.#offsetMs ??= isOwn ? 0 : this.#originMs + HEAD_ROOM_MS - platformMs;
    return this.#offsetMs;
  }

  /** Media time of a platform time, in ms. */
  mediaMs(platformMs: number): number {
    return platformMs + this.offsetMs(platformMs);
  }
}

/** How far before the first thing that was told another may lie, in ms: sounds, pictures and words come side by side. */
const HEAD_ROOM_MS = 1000;

/**
 * Media time of a platform that tells its own for everything it sends: a recording's, or the time of day. The first time
 * that is asked about decides, for all of the session's connections: a recording's time is kept as it is where the session
 * has heard it from its beginning.
 */
export class MeetingClock {
  readonly #originMs: number;
  readonly #latestStartMs: number;
  #offsetMs: number | null = null;

  /**
   * @param originMs - media time at which the meeting joined its session.
   * @param latestStartMs - the platform's time up to which a first moment is taken as the session's own.
   */
  constructor(originMs: number, latestStartMs: number) {
    this.#originMs = originMs;
    this.#latestStartMs = latestStartMs;
  }

  /** What is to be added to the platform's times, in ms. */
  offsetMs(platformMs: number): number {
    const isOwn = this.#originMs === 0 && platformMs >= 0 && platformMs <= this.#latestStartMs;
    this.#offsetMs ??= isOwn ? 0 : this.#originMs + HEAD_ROOM_MS - platformMs;
    return this.#offsetMs;
  }

  /** Media time of a moment that the platform tells, in ms. */
  mediaMs(platformMs: number): number {
    return platformMs + this.offsetMs(platformMs);
  }
}

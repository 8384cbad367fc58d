import { ClockRuns } from '../tracks/clock-runs.ts';

/**
 * How far other media may lie before the first item that arrived, in ms. Sound, pictures and words come in parallel.
 */
const HEAD_ROOM_MS = 1000;

export interface MeetingClockOptions {
  /** Media time at which the meeting joined its session. */
  readonly originMs: number;
  /** The largest first platform time that is taken as the session's own media time. */
  readonly latestStartMs: number;
  /** Wall-clock time since the session opened, in ms. */
  readonly elapsedMs: () => number;
  /** How far media time may run ahead of the elapsed time, in ms. */
  readonly maxLeadMs: number;
  /** Called when the platform's clock has jumped. `byMs`: how far, from where it was expected. */
  readonly onJump: (byMs: number) => void;
}

/**
 * Maps a platform's times to media time. The platform stamps everything it sends with a recording's time or the time of
 * day. The first time that is mapped decides the offset for all connections of the session. A recording's time is kept
 * unchanged if the session has received the recording from its beginning. A jump of the clock starts a new run: see
 * {@link ClockRuns}.
 */
export class MeetingClock {
  readonly #options: MeetingClockOptions;
  readonly #runs: ClockRuns;
  #offsetMs: number | null = null;

  constructor(options: MeetingClockOptions) {
    this.#options = options;
    this.#runs = new ClockRuns({ now: options.elapsedMs, onJump: options.onJump });
  }

  /** Media time of sound or a picture, in ms. `track`: unique in the meeting. */
  mediaMs(track: string, platformMs: number, durationMs = 0): number {
    const offsetMs = this.#settle(platformMs);
    return offsetMs + this.#runs.place(track, platformMs, durationMs, this.#isBeyond);
  }

  /** The offset to add to the platform's times of words, in ms. `platformMs`: the time of the message. */
  wordsOffsetMs(platformMs: number): number {
    return this.#settle(platformMs) + this.#runs.placeWords(platformMs) - platformMs;
  }

  readonly #isBeyond = (timeMs: number): boolean => {
    const { elapsedMs, maxLeadMs } = this.#options;
    return timeMs + (this.#offsetMs ?? 0) > elapsedMs() + maxLeadMs;
  };

  #settle(platformMs: number): number {
    const { originMs, latestStartMs } = this.#options;
    const isOwn = originMs === 0 && platformMs >= 0 && platformMs <= latestStartMs;
    this.#offsetMs ??= isOwn ? 0 : originMs + HEAD_ROOM_MS - platformMs;
    return this.#offsetMs;
  }
}

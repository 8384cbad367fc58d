import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock, MediaFrame } from '../../../pipeline/index.ts';

/** Decides when a frame of the given media time may be pushed: at once (undefined), or when the promise settles. */
export type Pace = (mediaTimeMs: number) => Promise<void> | undefined;

/** Real time: a frame is pushed when the clock has run as far as the frame's media time. */
export function realTimePace(clock: Clock, signal?: AbortSignal): Pace {
  const startMs = clock.now();
  return (mediaTimeMs) => {
    const waitMs = startMs + mediaTimeMs - clock.now();
    return waitMs > 1 ? sleep(waitMs, undefined, { signal }) : undefined;
  };
}

/** As fast as the analysis: a frame waits while it is more than `aheadMs` of media time ahead of the analyzed media. */
export class AnalysisPace {
  readonly #aheadMs: number;
  #analyzedMs = 0;
  #waiting: { untilMs: number; resume: () => void } | null = null;

  constructor(aheadMs: number) {
    this.#aheadMs = aheadMs;
  }

  readonly pace: Pace = (mediaTimeMs) => {
    const untilMs = mediaTimeMs - this.#aheadMs;
    if (untilMs <= this.#analyzedMs) return undefined;
    return new Promise((resume) => {
      this.#waiting = { untilMs, resume };
    });
  };

  /** Everything before `mediaTimeMs` has been analyzed. */
  progress(mediaTimeMs: number): void {
    this.#analyzedMs = Math.max(this.#analyzedMs, mediaTimeMs);
    if (this.#waiting === null || this.#waiting.untilMs > this.#analyzedMs) return;
    const { resume } = this.#waiting;
    this.#waiting = null;
    resume();
  }
}

/** Pushes frames until they end. Media is pushed at the given pace. If `signal` aborts, rejects with its reason. */
export async function replayFrames(
  frames: AsyncIterable<MediaFrame>,
  push: (frame: MediaFrame) => void,
  pace: Pace,
  signal?: AbortSignal,
): Promise<void> {
  for await (const frame of frames) {
    signal?.throwIfAborted();
    if (frame.kind === 'audio' || frame.kind === 'video') await pace(frame.startMs);
    push(frame);
  }
}

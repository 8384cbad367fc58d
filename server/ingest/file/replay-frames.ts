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

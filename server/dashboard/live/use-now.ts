import { useEffect, useState } from 'preact/hooks';
import type { LiveSession } from './use-session.ts';

/** How often the newest moment of a live call advances, in ms. */
const REFRESH_INTERVAL_MS = 500;

/** Longest time that the clock advances without news from the server, in ms. */
const MAX_AHEAD_MS = 6000;

/**
 * The newest moment of a call, in ms of media time. While the call is live, the wall clock advances the server's last
 * value.
 */
export function useNow({ view, summary, link }: LiveSession): number {
  const toldMs = Math.max(view.mediaTimeMs, summary?.mediaTimeMs ?? 0);
  const isRunning = summary?.state === 'live' && view.status !== 'ended' && link.kind === 'open';
  const [aheadMs, setAheadMs] = useState(0);

  useEffect(() => {
    setAheadMs(0);
    if (!isRunning) return;
    const toldAt = performance.now();
    const timer = setInterval(
      () => setAheadMs(Math.min(MAX_AHEAD_MS, performance.now() - toldAt)),
      REFRESH_INTERVAL_MS,
    );
    return () => clearInterval(timer);
  }, [toldMs, isRunning]);

  return toldMs + (isRunning ? aheadMs : 0);
}

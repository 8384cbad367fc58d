import { setTimeout as sleep } from 'node:timers/promises';

/** Timers are late by less on an idle machine, in ms. */
const MAX_LATE_MS = 20;

/**
 * Calls `send` once per packet of the call, each at its time. `speed`: media time over wall-clock time. A packet that
 * is late on a busy machine delays those that follow, so that they never come in a burst.
 */
export async function paced(
  durationMs: number,
  packetMs: number,
  speed: number,
  send: (startMs: number) => void,
): Promise<void> {
  let dueMs = performance.now();
  for (let startMs = 0; startMs < durationMs; startMs += packetMs) {
    dueMs += packetMs / speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    dueMs = Math.max(dueMs, performance.now() - MAX_LATE_MS);
    send(startMs);
  }
}

import { type Clock, systemClock } from '../../../pipeline/index.ts';
import { sleepOn } from '../server/patient-clock.ts';

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
  clock: Clock = systemClock,
): Promise<void> {
  let dueMs = clock.now();
  for (let startMs = 0; startMs < durationMs; startMs += packetMs) {
    dueMs += packetMs / speed;
    const waitMs = dueMs - clock.now();
    if (waitMs > 1) await sleepOn(clock, waitMs);
    dueMs = Math.max(dueMs, clock.now() - MAX_LATE_MS);
    send(startMs);
  }
}

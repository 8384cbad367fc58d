import { setTimeout as sleep } from 'node:timers/promises';

/** Calls `send` once per packet of the call, each at its time. `speed`: media time over wall-clock time. */
export async function paced(
  durationMs: number,
  packetMs: number,
  speed: number,
  send: (startMs: number) => void,
): Promise<void> {
  const openedMs = performance.now();
  for (let startMs = 0; startMs < durationMs; startMs += packetMs) {
    const waitMs = openedMs + (startMs + packetMs) / speed - performance.now();
    if (waitMs > 1) await sleep(waitMs);
    send(startMs);
  }
}

import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whether the system synchronises its clock by NTP. */
export type ClockSync = 'synchronized' | 'unsynchronized' | 'unknown';

export interface ClockReading {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface ClockProbes {
  readonly sync: (signal: AbortSignal) => Promise<ClockSync>;
  /** Takes two readings, {@link APART_MS} apart. */
  readonly readings: () => Promise<readonly [ClockReading, ClockReading]>;
}

/** Time between the readings, in ms. */
const APART_MS = 250;
const READINGS = 5;

export const systemClockProbes: ClockProbes = {
  async sync(signal) {
    try {
      const run = promisify(execFile)('timedatectl', ['show', '--property=NTPSynchronized', '--value'], { signal });
      const said = (await run).stdout.trim();
      if (said === 'yes') return 'synchronized';
      if (said === 'no') return 'unsynchronized';
    } catch {
      // The machine has no systemd, or this is a container.
    }
    return access('/run/systemd/timesync/synchronized').then(
      () => 'synchronized',
      () => 'unknown',
    );
  },
  async readings() {
    const first = readClocks();
    await sleep(APART_MS);
    return [first, readClocks()];
  },
};

/**
 * Reads both clocks several times and returns the reading that took least time, because this thread may be interrupted
 * at any moment.
 */
function readClocks(): ClockReading {
  let best: ClockReading = { wallMs: 0, monotonicMs: 0 };
  let leastMs = Number.POSITIVE_INFINITY;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const before = performance.now();
    const wallMs = Date.now();
    const after = performance.now();
    if (after - before < leastMs) best = { wallMs, monotonicMs: (before + after) / 2 };
    leastMs = Math.min(leastMs, after - before);
  }
  return best;
}

import type { Timers } from '../../../models/timers.ts';

/** Timers whose time only advances when the test says so. */
export interface ManualTimers extends Timers {
  /** Advances the time and calls the timers that are due, in order. */
  advance(ms: number): void;
  /** Remaining delays of the waiting timers, in ms. */
  waitingMs(): number[];
}

export function createManualTimers(): ManualTimers {
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  let nowMs = 0;
  return {
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      nowMs += ms;
      for (const timer of [...timers].sort((a, b) => a.dueMs - b.dueMs)) {
        if (timer.dueMs > nowMs || !timers.delete(timer)) continue;
        timer.callback();
      }
    },
    waitingMs: () => [...timers].map(({ dueMs }) => dueMs - nowMs),
  };
}

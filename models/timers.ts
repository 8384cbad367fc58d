/** Delayed calls, injected so that tests need no real time. */
export interface Timers {
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The machine's timers. A waiting one does not keep the process alive. */
export const systemTimers: Timers = {
  after(delayMs, callback) {
    const timeout = setTimeout(callback, delayMs);
    timeout.unref();
    return () => clearTimeout(timeout);
  },
};

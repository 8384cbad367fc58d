import type { Logger } from 'pino';
import type { Clock } from '../../pipeline/index.ts';

/** Shortest time between two lines about the same limit, in ms. */
const QUIET_MS = 60_000;

/**
 * Logs that a limit was reached: immediately the first time, then at most once per minute with the number of times.
 * This keeps a flood of requests from flooding the log.
 */
export class LimitLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #limits = new Map<string, { loggedMs: number; since: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @param limit - a name from a fixed set. */
  reached(limit: string, message: string, details: object = {}): void {
    const now = this.#clock.now();
    const known = this.#limits.get(limit);
    if (known !== undefined && now - known.loggedMs < QUIET_MS) {
      known.since += 1;
      return;
    }
    this.#log.warn({ limit, times: 1 + (known?.since ?? 0), ...details }, message);
    this.#limits.set(limit, { loggedMs: now, since: 0 });
  }
}

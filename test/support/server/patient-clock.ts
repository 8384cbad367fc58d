import { VirtualTimeScheduler } from 'rxjs';
import type { Clock } from '../../../pipeline/index.ts';

/** How often the clock moves on while the process is free, in ms. */
const TICK_MS = 2;
/** The clock moves on by at most this per tick, in ms. */
const MAX_STEP_MS = 20;

/**
 * A clock of real time that stands still while the process does. On a busy machine a process may wait a second for its
 * turn: to whoever uses this clock, 20 ms have passed. A server, its peers and the link between them that share one
 * process and one clock see the same call on every machine.
 */
export class PatientClock implements Clock, Disposable {
  readonly scheduler = new VirtualTimeScheduler();
  readonly #timer: NodeJS.Timeout;
  #realMs = performance.now();

  constructor() {
    // Signatures and tokens compare it with the time of day.
    this.scheduler.frame = Date.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  now(): number {
    return this.scheduler.frame;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const realMs = performance.now();
    const untilMs = this.scheduler.frame + Math.min(realMs - this.#realMs, MAX_STEP_MS);
    this.#realMs = realMs;
    // `flush` runs timers that are due at or before `maxFrames`, and leaves `frame` at the last of them.
    this.scheduler.maxFrames = untilMs;
    this.scheduler.flush();
    this.scheduler.frame = untilMs;
  }
}

/** Resolves when the clock has moved on by `ms`. */
export function sleepOn(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.scheduler.schedule(() => resolve(), ms));
}

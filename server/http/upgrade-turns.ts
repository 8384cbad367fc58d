import type { Clock } from '../../pipeline/index.ts';

/** Upgrades after which other events get their turn: some 4 ms of work. */
const AT_ONCE = 8;
/** How long upgrades wait while connections keep coming, in ms. */
const WAIT_MS = 100;

/**
 * Spreads upgrades over turns of the event loop, and lets new connections go first. Node accepts one connection per turn.
 * Without this, a request for `/healthz` that comes behind hundreds of upgrades waits for all of them. Waiting upgrades hold
 * a connection each, so their number is bounded by that of the connections.
 */
export class UpgradeTurns {
  readonly #clock: Clock;
  #waiting: { readonly upgrade: () => void; readonly sinceMs: number }[] = [];
  #next = 0;
  #isScheduled = false;
  #hasConnected = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A connection was accepted. */
  connected(): void {
    this.#hasConnected = true;
  }

  /** Handles an upgrade when its turn comes. */
  push(upgrade: () => void): void {
    this.#waiting.push({ upgrade, sinceMs: this.#clock.now() });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#take();
    });
  }

  #take(): void {
    const mayWait = this.#clock.now() - this.#waiting[this.#next]!.sinceMs < WAIT_MS;
    const until = this.#hasConnected && mayWait ? this.#next : Math.min(this.#next + AT_ONCE, this.#waiting.length);
    this.#hasConnected = false;
    while (this.#next < until) {
      this.#next += 1;
      this.#waiting[this.#next - 1]!.upgrade();
    }
    if (this.#next < this.#waiting.length) {
      this.#schedule();
      return;
    }
    this.#waiting = [];
    this.#next = 0;
  }
}

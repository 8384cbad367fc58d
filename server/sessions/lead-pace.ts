import type { Clock } from '../../pipeline/index.ts';

/** Audio ahead of the wall clock that is analysed beside live calls, of all sessions, in ms per ms. */
const MAX_SPEED = 12;
/** Audio that is analysed at once before the pace is kept, in ms. */
const BURST_MS = 2000;
/** How long after its last audio a call counts as live, in ms. */
const LIVE_MS = 2000;

/**
 * How fast audio that lies ahead of the wall clock may be analysed, of all sessions together. Alone it takes whatever the
 * machine has. Beside live calls it must leave some: work that is always there takes the processor from their models, however
 * fair the turns are.
 */
export class LeadPace {
  readonly #clock: Clock;
  /** The session that was live last, when that was, and when another one was. */
  #liveSession = '';
  #liveAtMs = Number.NEGATIVE_INFINITY;
  #otherAtMs = Number.NEGATIVE_INFINITY;
  #takenMs = 0;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether audio ahead of the wall clock may be taken now: always while no other session is live. */
  isFree(sessionId: string): boolean {
    const now = this.#clock.now();
    const liveAtMs = sessionId === this.#liveSession ? this.#otherAtMs : this.#liveAtMs;
    return now - liveAtMs > LIVE_MS || this.#taken(now) < BURST_MS;
  }

  /** Audio of the session came in its time. */
  live(sessionId: string): void {
    if (sessionId !== this.#liveSession) this.#otherAtMs = this.#liveAtMs;
    this.#liveSession = sessionId;
    this.#liveAtMs = this.#clock.now();
  }

  /** Audio of `ms` that lies ahead was taken. */
  take(ms: number): void {
    this.#takenMs = Math.min(2 * BURST_MS, this.#taken(this.#clock.now()) + ms);
  }

  #taken(now: number): number {
    this.#takenMs = Math.max(0, this.#takenMs - MAX_SPEED * (now - this.#atMs));
    this.#atMs = now;
    return this.#takenMs;
  }
}

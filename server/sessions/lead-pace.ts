import type { Clock } from '../../pipeline/index.ts';

/**
 * Speed limit for audio ahead of the wall clock while another session is live, in ms of audio per ms, for all sessions
 * together.
 */
const MAX_SPEED = 12;
/** Audio that is analysed without delay before the limit applies, in ms. */
const BURST_MS = 2000;
/** Time after its last audio for which a session counts as live, in ms. */
const LIVE_MS = 2000;

/**
 * Limits how fast audio ahead of the wall clock is analysed, for all sessions together. Without live calls, it may use
 * the whole machine. Next to live calls it must leave processor time: permanent work would take the processor from
 * their models, even with fair turns.
 */
export class LeadPace {
  readonly #clock: Clock;
  /** The session that was live last, when that was, and when another session was last live. */
  #liveSession = '';
  #liveAtMs = Number.NEGATIVE_INFINITY;
  #otherAtMs = Number.NEGATIVE_INFINITY;
  #takenMs = 0;
  #atMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether audio ahead of the wall clock may be analysed now. Always true while no other session is live. */
  isFree(sessionId: string): boolean {
    const now = this.#clock.now();
    const liveAtMs = sessionId === this.#liveSession ? this.#otherAtMs : this.#liveAtMs;
    return now - liveAtMs > LIVE_MS || this.#taken(now) < BURST_MS;
  }

  /** Notes that audio of the session arrived in real time. */
  live(sessionId: string): void {
    if (sessionId !== this.#liveSession) this.#otherAtMs = this.#liveAtMs;
    this.#liveSession = sessionId;
    this.#liveAtMs = this.#clock.now();
  }

  /** Counts `ms` of audio ahead of the wall clock. */
  take(ms: number): void {
    this.#takenMs = Math.min(2 * BURST_MS, this.#taken(this.#clock.now()) + ms);
  }

  #taken(now: number): number {
    this.#takenMs = Math.max(0, this.#takenMs - MAX_SPEED * (now - this.#atMs));
    this.#atMs = now;
    return this.#takenMs;
  }
}

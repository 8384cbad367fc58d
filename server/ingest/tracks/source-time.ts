/** What a source's clock is compared with. */
export interface SourceTimeOptions {
  /** Wall-clock time since the session opened, in ms. */
  readonly elapsedMs: () => number;
  /** How far media time may run ahead of it, in ms. */
  readonly maxLeadMs: number;
  /** The session's own: sources that share a clock, and come back together after a restart, stay in step. */
  readonly shared: { shiftMs: number | null };
}

/** A first time up to so far ahead is the session's own, however far it may run ahead later, in ms. */
const MAX_FIRST_LEAD_MS = 120_000;
/** Two times that lie so near to each other, apart from the time between them, are of one clock, in ms. */
const AGREE_MS = 10_000;

/**
 * Media times of one source as media times of its session. A source whose clock stands at 300 s when it opens a session,
 * because the server was started again in the middle of its call, is shifted: its first sound lies where the session is.
 * One time that is far ahead decides nothing, because it may be an error: the second that agrees with it does.
 */
export class SourceTime {
  readonly #options: SourceTimeOptions;
  #shiftMs: number | null = null;
  #suspectLeadMs: number | null = null;

  constructor(options: SourceTimeOptions) {
    this.#options = options;
  }

  /** Media time of what the source places at `sourceMs`; null where that cannot be, yet. */
  place(sourceMs: number): number | null {
    if (this.#shiftMs === null) this.#settle(sourceMs);
    return this.#shiftMs === null ? null : sourceMs + this.#shiftMs;
  }

  #settle(sourceMs: number): void {
    const { elapsedMs, maxLeadMs, shared } = this.#options;
    const maxFirstLeadMs = Math.min(maxLeadMs, MAX_FIRST_LEAD_MS);
    const leadMs = sourceMs - elapsedMs();
    if (leadMs <= maxFirstLeadMs) {
      this.#shiftMs = 0;
      return;
    }
    const sharedLeadMs = leadMs + (shared.shiftMs ?? Number.NaN);
    if (Math.abs(sharedLeadMs) <= AGREE_MS) {
      this.#shiftMs = shared.shiftMs;
    } else if (this.#suspectLeadMs !== null && Math.abs(leadMs - this.#suspectLeadMs) <= AGREE_MS) {
      this.#shiftMs = -leadMs;
      shared.shiftMs ??= -leadMs;
    }
    this.#suspectLeadMs = leadMs;
  }
}

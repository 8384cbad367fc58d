import { ClockRuns } from './clock-runs.ts';

/** What the source's clock is compared with. */
export interface SourceTimeOptions {
  /** Wall-clock time since the session opened, in ms. */
  readonly elapsedMs: () => number;
  /** How far media time may run ahead of the elapsed time, in ms. */
  readonly maxLeadMs: number;
  /**
   * Shift shared by the whole session. It keeps sources with the same clock in step when they reconnect after a
   * restart.
   */
  readonly shared: { shiftMs: number | null };
  /** Called when the source's clock has jumped. `byMs`: how far, from where it was expected. */
  readonly onJump?: (byMs: number) => void;
}

/**
 * Largest lead of a first time that is taken as the session's own media time, in ms. It holds even if `maxLeadMs` is
 * larger.
 */
const MAX_FIRST_LEAD_MS = 120_000;
/** Two times belong to the same clock if their leads differ by at most this, in ms. */
const AGREE_MS = 10_000;

/**
 * Maps the times of one source to media time. A source's clock may already stand at 300 s when it opens a session,
 * because the server restarted during the call. Its times are then shifted so that its first sound gets the session's
 * current time. A single time that is far ahead may be an error. The shift is set only once a second time agrees with
 * it. Later jumps of the clock start a new run: see {@link ClockRuns}.
 */
export class SourceTime {
  readonly #options: SourceTimeOptions;
  readonly #runs: ClockRuns;
  #shiftMs: number | null = null;
  #suspectLeadMs: number | null = null;

  constructor(options: SourceTimeOptions) {
    const { elapsedMs, onJump = () => {} } = options;
    this.#options = options;
    this.#runs = new ClockRuns({ now: elapsedMs, onJump });
  }

  /**
   * Media time of a track's media. Null while it cannot be determined.
   *
   * @param track - a name that is unique for the source.
   * @param durationMs - of the media. 0 for a picture.
   */
  placeMedia(track: string, sourceMs: number, durationMs: number): number | null {
    return this.#place(this.#runs.place(track, sourceMs, durationMs, this.#isBeyond));
  }

  /** Media time of words. Null while it cannot be determined. */
  placeWords(sourceMs: number): number | null {
    return this.#place(this.#runs.placeWords(sourceMs));
  }

  readonly #isBeyond = (timeMs: number): boolean => {
    const { elapsedMs, maxLeadMs } = this.#options;
    const maxMs = this.#shiftMs === null ? Math.min(maxLeadMs, MAX_FIRST_LEAD_MS) : maxLeadMs - this.#shiftMs;
    return timeMs - elapsedMs() > maxMs;
  };

  #place(sourceMs: number): number | null {
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

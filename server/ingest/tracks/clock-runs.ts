export interface ClockRunsOptions {
  /** Wall-clock time that only rises, in ms. */
  readonly now: () => number;
  /** Called when the source's clock has jumped. `byMs`: how far, from where it was expected. Negative: back. */
  readonly onJump: (byMs: number) => void;
}

/** How far a track's time may run backwards before its clock counts as set back, in ms. Less is late or repeated media. */
const MAX_BACK_MS = 2000;
/** Two frames after a jump belong to the same clock if the second is at most this much later, in ms. */
const AGREE_MS = 1000;
/** How far words may lie outside of the media that a run has brought, in ms. */
const WORDS_SLACK_MS = 5000;
/** Runs that late words are compared with. */
const MAX_RUNS = 8;
/** Tracks whose time is watched. The times of further ones are taken as they are. */
const MAX_LANES = 256;

interface Run {
  readonly shiftMs: number;
  readonly beganMs: number;
  newestMs: number;
}

interface Lane {
  run: Run;
  newestMs: number;
  /** Time of a frame that did not fit. The next one decides. */
  suspectMs: number | null;
}

/**
 * Keeps a source's time continuous while its clock jumps. Twilio may count from 0 again, a recording may start again, and
 * a computer's clock may be set. The tracks of a source share its clock. A single time that does not fit may be an error,
 * so the second one that agrees with it starts a new run. A run begins where the last one was, plus the time since then.
 */
export class ClockRuns {
  readonly #options: ClockRunsOptions;
  readonly #lanes = new Map<string, Lane>();
  #runs: readonly Run[] = [];
  /** End of the newest media, in continuous time, and when it arrived. */
  #reachedMs = 0;
  #reachedAtMs = 0;

  constructor(options: ClockRunsOptions) {
    this.#options = options;
  }

  /**
   * Continuous time of a track's next media, in ms.
   *
   * @param track - a name that is unique for the source.
   * @param durationMs - of the media. 0 for a picture.
   * @param isBeyond - whether a continuous time lies further ahead than a live source can be.
   */
  place(track: string, sourceMs: number, durationMs: number, isBeyond: (timeMs: number) => boolean): number {
    const run = this.#runs.at(-1) ?? { shiftMs: 0, beganMs: sourceMs, newestMs: sourceMs };
    const lane = this.#lanes.get(track);
    if (lane === undefined) {
      if (!isBeyond(sourceMs + run.shiftMs)) this.#accept(track, run, sourceMs, durationMs);
      return sourceMs + run.shiftMs;
    }
    // Another track has started this run. The last media of the run before may still be on its way.
    const isStale = lane.run !== run && Math.abs(sourceMs - run.newestMs) > Math.abs(sourceMs - lane.newestMs);
    if (isStale) return sourceMs + lane.run.shiftMs;
    const newestMs = lane.run === run ? lane.newestMs : run.newestMs;
    const isBack = newestMs - sourceMs > MAX_BACK_MS;
    const isAhead = sourceMs - newestMs > MAX_BACK_MS && isBeyond(sourceMs + run.shiftMs);
    if (!isBack && !isAhead) {
      if (!isBeyond(sourceMs + run.shiftMs)) this.#accept(track, run, sourceMs, durationMs);
      return sourceMs + run.shiftMs;
    }
    const sinceMs = sourceMs - (lane.suspectMs ?? Number.NaN);
    lane.suspectMs = sourceMs;
    return sinceMs >= 0 && sinceMs <= AGREE_MS ? this.#jump(track, sourceMs, durationMs) : sourceMs + run.shiftMs;
  }

  /** Continuous time of words. They may belong to a run that is over. */
  placeWords(sourceMs: number): number {
    const run = this.#runs.findLast(
      ({ beganMs, newestMs }) => sourceMs >= beganMs - WORDS_SLACK_MS && sourceMs <= newestMs + WORDS_SLACK_MS,
    );
    return sourceMs + ((run ?? this.#runs.at(-1))?.shiftMs ?? 0);
  }

  #jump(track: string, sourceMs: number, durationMs: number): number {
    const { now, onJump } = this.#options;
    const startMs = this.#reachedMs + Math.max(0, now() - this.#reachedAtMs - durationMs);
    const before = this.#runs.at(-1)?.shiftMs ?? 0;
    const run = { shiftMs: startMs - sourceMs, beganMs: sourceMs, newestMs: sourceMs };
    this.#accept(track, run, sourceMs, durationMs);
    onJump(sourceMs + before - startMs);
    return startMs;
  }

  #accept(track: string, run: Run, sourceMs: number, durationMs: number): void {
    if (this.#runs.at(-1) !== run) this.#runs = [...this.#runs.slice(1 - MAX_RUNS), run];
    run.newestMs = Math.max(run.newestMs, sourceMs);
    const endMs = sourceMs + run.shiftMs + durationMs;
    if (endMs > this.#reachedMs) {
      this.#reachedMs = endMs;
      this.#reachedAtMs = this.#options.now();
    }
    const lane = this.#lanes.get(track);
    if (lane !== undefined) {
      lane.newestMs = lane.run === run ? Math.max(lane.newestMs, sourceMs) : sourceMs;
      lane.run = run;
      lane.suspectMs = null;
    } else if (this.#lanes.size < MAX_LANES) {
      this.#lanes.set(track, { run, newestMs: sourceMs, suspectMs: null });
    }
  }
}

import type { StepRange } from '../file/placement/voice-activity.ts';
import { HOP_STEPS, LEAST_RUN_STEPS, PAUSE_STEPS, WINDOW_STEPS } from '../file/placement/voices/voice-windows.ts';

/** Voice without a pause, such as music, is cut after this many windows: 26 seconds. */
const MAX_WINDOWS = 32;

/** A run of voice while it is heard. */
export interface LiveRun {
  readonly from: number;
  /** The windows so far, in order. */
  readonly windows: StepRange[];
}

/** A window that is complete, and the run that it belongs to. */
export interface LiveWindow {
  readonly run: LiveRun;
  readonly window: StepRange;
}

/** Cuts voice into runs and windows as it comes. */
export class LiveRuns {
  #run: LiveRun | null = null;
  /** Behind the last voiced step. */
  #end = 0;

  /** Start of the run that goes on. Null: there is none. */
  get openFrom(): number | null {
    return this.#run?.from ?? null;
  }

  /** Takes the next step. Returns the window that it completes. */
  push(step: number, isVoiced: boolean): LiveWindow | null {
    if (isVoiced) {
      this.#run ??= { from: step, windows: [] };
      this.#end = step + 1;
      const next = (this.#run.windows.at(-1)?.from ?? this.#run.from - HOP_STEPS) + HOP_STEPS;
      // A window that would end in a short pause ends behind it.
      if (step + 1 < next + WINDOW_STEPS) return null;
      const complete = this.#complete({ from: step + 1 - WINDOW_STEPS, to: step + 1 });
      if (complete.run.windows.length === MAX_WINDOWS) this.#run = null;
      return complete;
    }
    return step + 1 - this.#end >= PAUSE_STEPS ? this.end() : null;
  }

  /** No voice follows for now. Returns the last window of the run. */
  end(): LiveWindow | null {
    const run = this.#run;
    if (run === null) return null;
    const to = this.#end;
    const isCovered = (run.windows.at(-1)?.to ?? 0) >= to || to - run.from < LEAST_RUN_STEPS;
    const last = isCovered ? null : this.#complete({ from: Math.max(run.from, to - WINDOW_STEPS), to });
    this.#run = null;
    return last;
  }

  #complete(window: StepRange): LiveWindow {
    this.#run!.windows.push(window);
    return { run: this.#run!, window };
  }
}

import type { StepRange } from '../voice-activity.ts';

/** Steps that the speaker encoder hears at once. */
export const WINDOW_STEPS = 16;
/** From one window of a long run to the next, at most. */
export const HOP_STEPS = 8;
/** A pause this long ends a run, in steps. */
export const PAUSE_STEPS = 3;
/** A shorter run tells too little about who speaks, in steps. */
export const LEAST_RUN_STEPS = 4;

/** A stretch of voice, and the windows in which it is listened to. */
export interface VoiceRun extends StepRange {
  /** In order; they cover the run. A window is shorter than {@link WINDOW_STEPS} only if the run is. */
  readonly windows: readonly StepRange[];
}

/**
 * The runs of voice that are long enough to tell who speaks.
 *
 * @param voiced - 1 per voiced step.
 */
export function cutRuns(voiced: Uint8Array): VoiceRun[] {
  const runs: VoiceRun[] = [];
  for (let from = 0; from < voiced.length; from++) {
    if (voiced[from] === 0) continue;
    let to = from + 1;
    for (let step = to; step < voiced.length && step - to < PAUSE_STEPS; step++) if (voiced[step] === 1) to = step + 1;
    if (to - from >= LEAST_RUN_STEPS) runs.push({ from, to, windows: windowsOf({ from, to }) });
    from = to;
  }
  return runs;
}

function windowsOf({ from, to }: StepRange): StepRange[] {
  const rest = to - from - WINDOW_STEPS;
  if (rest <= 0) return [{ from, to }];
  const hops = Math.ceil(rest / HOP_STEPS);
  return Array.from({ length: hops + 1 }, (_, hop) => {
    const start = from + Math.round((rest * hop) / hops);
    return { from: start, to: start + WINDOW_STEPS };
  });
}

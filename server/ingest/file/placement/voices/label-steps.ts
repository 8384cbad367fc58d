import type { VoiceRun } from './voice-windows.ts';

/** How much more alike the other voice must be, summed over steps, before the speaker changes within speech and in a pause. */
const CHANGE_IN_SPEECH = 0.25;
const CHANGE_IN_PAUSE = 0.05;

/** A run of voice, and what its windows say. */
export interface HeardRun extends VoiceRun {
  /** Per window how much more it is like the second voice than like the first, −1…1. */
  readonly leanings: readonly number[];
}

/**
 * Decides which of two voices each step belongs to. Within a run it is the sequence that the windows make most likely, with
 * few changes. Outside of runs it is the nearest voice.
 *
 * @returns 0 or 1 per step.
 */
export function labelSteps(runs: readonly HeardRun[], voiced: Uint8Array): Uint8Array {
  const labels = new Uint8Array(voiced.length);
  let end = 0;
  for (const run of runs) {
    const own = labelRun(run, voiced);
    const middle = end === 0 ? 0 : Math.ceil((end + run.from) / 2);
    if (end > 0) labels.fill(labels[end - 1]!, end, middle);
    labels.fill(own[0]!, middle, run.from);
    labels.set(own, run.from);
    end = run.to;
  }
  if (end > 0) labels.fill(labels[end - 1]!, end);
  return labels;
}

/** The most likely sequence of voices in a run: Viterbi's algorithm with two states. */
function labelRun(run: HeardRun, voiced: Uint8Array): Uint8Array {
  const length = run.to - run.from;
  const leanings = leaningsOfSteps(run);
  const fromOther = [new Uint8Array(length), new Uint8Array(length)] as const;
  let scores: [number, number] = [0, 0];
  for (let step = 0; step < length; step++) {
    const cost = voiced[run.from + step] === 1 ? CHANGE_IN_SPEECH : CHANGE_IN_PAUSE;
    const next: [number, number] = [0, 0];
    for (const label of [0, 1] as const) {
      const [stay, change] = [scores[label], scores[1 - label]! - cost];
      if (change > stay && step > 0) fromOther[label][step] = 1;
      next[label] = (step > 0 ? Math.max(stay, change) : 0) + (label === 1 ? 0.5 : -0.5) * leanings[step]!;
    }
    scores = next;
  }
  const labels = new Uint8Array(length);
  let label = scores[1] > scores[0] ? 1 : 0;
  for (let step = length - 1; step >= 0; step--) {
    labels[step] = label;
    if (fromOther[label as 0 | 1][step] === 1) label = 1 - label;
  }
  return labels;
}

/** Each step's leaning: the mean of the windows over it. A window counts most for the steps in its middle. */
function leaningsOfSteps({ from, to, windows, leanings }: HeardRun): Float32Array {
  const sums = new Float32Array(to - from);
  const weights = new Float32Array(to - from);
  for (const [index, window] of windows.entries()) {
    const half = (window.to - window.from) / 2;
    for (let step = window.from; step < window.to; step++) {
      const weight = half + 0.5 - Math.abs(step + 0.5 - window.from - half);
      sums[step - from]! += weight * leanings[index]!;
      weights[step - from]! += weight;
    }
  }
  return sums.map((sum, step) => sum / weights[step]!);
}

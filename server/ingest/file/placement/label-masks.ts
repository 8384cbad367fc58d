import type { StepRange } from './voice-activity.ts';

/** Voice this far from every cue belongs to nobody who is named, in steps. */
const FAR_STEPS = 25;
/** Voice of nobody named counts from this length on, in steps. */
const LEAST_UNNAMED_STEPS = 10;

/**
 * Shares one channel out among the labels that speak in it. A step belongs to every label that has a cue there, or else to
 * the label of the nearest cue.
 *
 * @param labels - the cues of each label.
 * @param voiced - 1 per voiced step.
 * @returns 1 per step of each label; and of nobody, where much is said far from all cues, else null.
 */
export function shareChannel(
  labels: readonly (readonly StepRange[])[],
  voiced: Uint8Array,
): { readonly masks: Uint8Array[]; readonly unnamed: Uint8Array | null } {
  const steps = voiced.length;
  const masks = labels.map(() => new Uint8Array(steps));
  const nearest = new Int32Array(steps).fill(-1);
  const distance = new Int32Array(steps).fill(steps + FAR_STEPS + 1);
  for (const [label, cues] of labels.entries()) {
    for (const { from, to } of cues) {
      for (let step = Math.max(0, from); step < Math.min(steps, to); step++) {
        masks[label]![step] = 1;
        distance[step] = 0;
        nearest[step] = label;
      }
    }
  }
  sweep(distance, nearest, 1);
  sweep(distance, nearest, -1);
  const unnamed = new Uint8Array(steps);
  for (let step = 0; step < steps; step++) {
    if (distance[step]! > FAR_STEPS) unnamed[step] = 1;
  }
  const isUnnamed = keepLongVoice(unnamed, voiced);
  for (let step = 0; step < steps; step++) {
    if (unnamed[step] === 0 && nearest[step]! >= 0) masks[nearest[step]!]![step] = 1;
  }
  return { masks, unnamed: isUnnamed ? unnamed : null };
}

/** Carries distances and labels from step to step in one direction. */
function sweep(distance: Int32Array, nearest: Int32Array, direction: 1 | -1): void {
  const steps = distance.length;
  for (let i = 1; i < steps; i++) {
    const step = direction === 1 ? i : steps - 1 - i;
    const before = step - direction;
    if (distance[before]! + 1 >= distance[step]!) continue;
    distance[step] = distance[before]! + 1;
    nearest[step] = nearest[before]!;
  }
}

/** Clears the stretches of `unnamed` that hold little voice. Returns whether any is left. */
function keepLongVoice(unnamed: Uint8Array, voiced: Uint8Array): boolean {
  let isAny = false;
  for (let from = 0; from < unnamed.length; from++) {
    if (unnamed[from] === 0) continue;
    let to = from;
    let voice = 0;
    for (; to < unnamed.length && unnamed[to] === 1; to++) voice += voiced[to]!;
    if (voice < LEAST_UNNAMED_STEPS) unnamed.fill(0, from, to);
    else isAny = true;
    from = to;
  }
  return isAny;
}

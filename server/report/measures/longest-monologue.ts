import { isListenerSignal } from './listener-signal.ts';
import type { MeasuredUtterance } from './measured-utterance.ts';
import type { Stretch } from './stretches.ts';

/** Longest pause within a monologue, in ms. */
export const MONOLOGUE_PAUSE_MS = 3000;

export interface Monologue extends Stretch {
  readonly participantId: string;
  /** The first utterance. */
  readonly utteranceId: string;
}

/**
 * Monologue: consecutive utterances of one participant with pauses of at most 3 seconds, in which nobody else says more than
 * listener's signals. The longest of the call, or null if nobody speaks.
 *
 * @param utterances - Ordered by start.
 */
export function longestMonologue(utterances: readonly MeasuredUtterance[]): Monologue | null {
  const runs: Monologue[] = [];
  for (const utterance of utterances) {
    if (isListenerSignal(utterance)) continue;
    const { id, participant, startMs, endMs } = utterance;
    const last = runs.at(-1);
    const goesOn = last?.participantId === participant.id && startMs - last.endMs <= MONOLOGUE_PAUSE_MS;
    if (goesOn) runs.splice(-1, 1, { ...last, endMs: Math.max(last.endMs, endMs) });
    else runs.push({ participantId: participant.id, utteranceId: id, startMs, endMs });
  }
  const length = (run: Monologue): number => run.endMs - run.startMs;
  return runs.reduce<Monologue | null>((best, run) => (best && length(best) >= length(run) ? best : run), null);
}

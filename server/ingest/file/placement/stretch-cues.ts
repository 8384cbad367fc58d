import type { PlacedCue } from './analysis-plan.ts';
import { STEP_MS } from './voice-activity.ts';

/** How far a voice may go on behind its cue, ms. */
const MOST_MS = 1500;
/** A pause this long ends the voice, in steps. */
const PAUSE_STEPS = 3;

/**
 * Lets cues end where their voice ends, or where the next cue begins. Transcripts are rough: a cue that ends early would
 * cut the rest of the voice off, as an utterance without words.
 *
 * @param cues - the cues of one lane, by start.
 * @param voiced - 1 per step in which the lane is voiced.
 */
export function stretchCues(cues: readonly PlacedCue[], voiced: Uint8Array): PlacedCue[] {
  return cues.map((cue, index) => {
    const voiceEndMs = voiceEndAfter(cue.endMs, voiced);
    if (voiceEndMs === null) return cue;
    const nextMs = cues[index + 1]?.startMs ?? Number.POSITIVE_INFINITY;
    return { ...cue, endMs: Math.max(cue.endMs, Math.min(voiceEndMs, nextMs)) };
  });
}

/** The end of the voice that is heard at a time; null if it goes on for long, or is not heard. */
function voiceEndAfter(ms: number, voiced: Uint8Array): number | null {
  const first = Math.floor(ms / STEP_MS);
  let end = first;
  for (let step = first; step - end < PAUSE_STEPS; step++) {
    if (voiced[step] === 1) end = step + 1;
    if ((end - first) * STEP_MS > MOST_MS) return null;
  }
  return end === first ? null : end * STEP_MS;
}

import { shareWords, type TimeRange } from '../../../../pipeline/index.ts';
import type { TimedWord, TranscriptCue } from '../transcript-cue.ts';
import { STEP_MS, stepsOf } from './voice-activity.ts';
import type { ClockedCue } from './voices/split-by-voice.ts';

/** No recogniser gives a longer cue for one turn, ms. */
const LONG_MS = 30_000;
/** A pause this long ends a stretch of voice, in steps. */
const PAUSE_STEPS = 6;
/** Shorter stretches are noises, in steps. */
const LEAST_STEPS = 3;

/**
 * Divides a cue that is longer than a turn, such as one for a whole recording, at the pauses of the voice and where another
 * channel is heard. Each stretch gets its words, by their times, or else by its share of the voice. The analysis could
 * not do that: it forgets old utterances before such a cue ends.
 *
 * @param voices - 1 per voiced step, per channel that the words may be from.
 */
export function divideLongCue({ id, cue }: ClockedCue, voices: readonly Uint8Array[]): ClockedCue[] {
  if (cue.endMs - cue.startMs <= LONG_MS) return [{ id, cue }];
  const stretches = stretchesOf(cue, voices);
  if (stretches.length < 2) return [{ id, cue }];
  const { words } = cue;
  const parts = words === undefined ? shareText(cue, stretches) : shareByTime(cue, words, stretches);
  return parts.map((part, index) => ({ id: `${id}.${index}`, cue: part }));
}

/** The stretches of voice within a cue, by start. A channel keeps the word until it is silent. */
function stretchesOf(cue: TimeRange, voices: readonly Uint8Array[]): TimeRange[] {
  const { from, to } = stepsOf(cue);
  const end = Math.min(to, voices[0]?.length ?? 0);
  const longest = LONG_MS / STEP_MS;
  const found: { channel: number; from: number; to: number }[] = [];
  for (let step = Math.max(0, from); step < end; step++) {
    const last = found.at(-1);
    const isOn = (channel: number) => voices[channel]![step] === 1;
    const channel = last !== undefined && isOn(last.channel) ? last.channel : voices.findIndex((_, i) => isOn(i));
    if (channel < 0) continue;
    const goesOn = last?.channel === channel && step - last.to < PAUSE_STEPS && step - last.from < longest;
    if (goesOn) last.to = step + 1;
    else found.push({ channel, from: step, to: step + 1 });
  }
  return found
    .filter((stretch) => stretch.to - stretch.from >= LEAST_STEPS)
    .map((stretch) => ({ startMs: stretch.from * STEP_MS, endMs: stretch.to * STEP_MS }));
}

function shareText(cue: TranscriptCue, stretches: readonly TimeRange[]): TranscriptCue[] {
  const { startMs, endMs, text } = cue;
  const segment = { kind: 'transcript', trackId: '', segmentId: '', startMs, endMs, text, final: true } as const;
  return shareWords(segment, stretches).flatMap((part) =>
    part === null ? [] : [{ ...cue, startMs: part.startMs, endMs: part.endMs, text: part.text }],
  );
}

/** Each word goes to the stretch that is nearest to it, but not back to an earlier one. */
function shareByTime(
  cue: TranscriptCue,
  words: readonly TimedWord[],
  stretches: readonly TimeRange[],
): TranscriptCue[] {
  const parts: TimedWord[][] = stretches.map(() => []);
  let own = 0;
  for (const word of words) {
    const distanceMs = ({ startMs, endMs }: TimeRange) => Math.max(startMs - word.endMs, word.startMs - endMs);
    while (own + 1 < stretches.length && distanceMs(stretches[own + 1]!) < distanceMs(stretches[own]!)) own += 1;
    parts[own]!.push(word);
  }
  return parts.flatMap((part): TranscriptCue[] => {
    if (part.length === 0) return [];
    const text = part.map((word) => word.text.trim()).join(' ');
    return [{ ...cue, startMs: part[0]!.startMs, endMs: part.at(-1)!.endMs, text, words: part }];
  });
}

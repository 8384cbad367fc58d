import type { TimedWord, TranscriptCue } from '../../transcript-cue.ts';

/** A cue of the transcript, moved to the recording's clock. */
export interface ClockedCue {
  /** `cue-<number>`, with `.<number>` behind it for a part of a cue. */
  readonly id: string;
  readonly cue: TranscriptCue;
}

/** Fewer words of one voice, within those of the other, are taken for an error. */
const LEAST_WORDS = 2;

/**
 * Divides a cue whose words are spoken by several voices, where the times of its words tell it.
 *
 * @param voiceAt - the number of the voice at a time in ms.
 */
export function splitByVoice({ id, cue }: ClockedCue, voiceAt: (ms: number) => number): ClockedCue[] {
  const { words } = cue;
  if (words === undefined) return [{ id, cue }];
  const groups: { readonly voice: number; readonly words: TimedWord[] }[] = [];
  for (const word of words) {
    const voice = voiceAt((word.startMs + word.endMs) / 2);
    if (groups.at(-1)?.voice === voice) groups.at(-1)!.words.push(word);
    else groups.push({ voice, words: [word] });
  }
  const parts: { readonly voice: number; readonly words: TimedWord[] }[] = [];
  for (const [index, group] of groups.entries()) {
    const isEdge = index === 0 || index === groups.length - 1;
    const before = parts.at(-1);
    if (before !== undefined && (before.voice === group.voice || (!isEdge && group.words.length < LEAST_WORDS))) {
      before.words.push(...group.words);
    } else parts.push(group);
  }
  if (parts.length < 2) return [{ id, cue }];
  return parts.map((part, index) => ({
    id: `${id}.${index}`,
    cue: {
      ...cue,
      startMs: index === 0 ? Math.min(cue.startMs, part.words[0]!.startMs) : part.words[0]!.startMs,
      endMs: part.words.at(-1)!.endMs,
      text: part.words.map(({ text }) => text.trim()).join(' '),
      words: part.words,
    },
  }));
}

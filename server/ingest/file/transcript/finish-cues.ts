import { BLANK_AUDIO } from '../../transcripts/whisper.ts';
import type { TimedWord, TranscriptCue } from '../transcript-cue.ts';

/** Longest text of one cue, in characters. A longer one becomes several cues. */
const MAX_CUE_LENGTH = 2000;
/** Share of the cues that hold one word, from which each cue is a word. */
const WORD_SHARE = 0.8;
const MIN_WORD_CUES = 4;
const MAX_WORD_LENGTH = 40;
const MAX_WORD_MS = 2000;

/** Whether the transcript gives a cue per word, so that cues are to be joined to sentences. */
export function isCuePerWord(cues: readonly TranscriptCue[]): boolean {
  if (cues.length < MIN_WORD_CUES) return false;
  return cues.filter(isWord).length >= WORD_SHARE * cues.length;
}

function isWord({ text, startMs, endMs }: TranscriptCue): boolean {
  // Scripts without spaces write whole sentences without one.
  const isSentence = /[\u3040-\u30ff\u3400-\u9fff]{5}/.test(text);
  return text.length <= MAX_WORD_LENGTH && !/\s/.test(text) && !isSentence && endMs - startMs <= MAX_WORD_MS;
}

/** Cues with words, of a length that an utterance can have, sorted by start. */
export function finishCues(cues: readonly TranscriptCue[]): TranscriptCue[] {
  return cues
    .filter(({ text }) => text !== '' && text !== BLANK_AUDIO)
    .flatMap((cue) => (cue.text.length > MAX_CUE_LENGTH ? splitLong(cue) : [cue]))
    .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

/** Splits a long cue between words. The parts share its time in proportion to their length, or by the words' times. */
function splitLong(cue: TranscriptCue): TranscriptCue[] {
  if (cue.words !== undefined && cue.words.length > 1) return splitByWords(cue, cue.words);
  const { text, startMs, endMs } = cue;
  const parts: TranscriptCue[] = [];
  const at = (characters: number) => Math.round(startMs + ((endMs - startMs) * characters) / text.length);
  let from = 0;
  while (from < text.length) {
    const limit = from + MAX_CUE_LENGTH;
    const space = text.slice(from, limit).lastIndexOf(' ');
    const to = limit >= text.length ? text.length : space > 0 ? from + space : limit;
    const { words: _, ...rest } = cue;
    parts.push({ ...rest, text: text.slice(from, to).trim(), startMs: at(from), endMs: at(to) });
    from = to;
  }
  return parts.filter((part) => part.text !== '');
}

function splitByWords(cue: TranscriptCue, words: readonly TimedWord[]): TranscriptCue[] {
  const groups: TimedWord[][] = [[]];
  let length = 0;
  for (const word of words) {
    length += word.text.length + 1;
    if (length > MAX_CUE_LENGTH) {
      groups.push([]);
      length = word.text.length;
    }
    groups.at(-1)!.push(word);
  }
  return groups
    .filter((group) => group.length > 0)
    .map((group) => ({
      ...cue,
      text: group.map(({ text }) => text).join(' '),
      startMs: group[0]!.startMs,
      endMs: Math.max(...group.map(({ endMs }) => endMs)),
      words: group,
    }));
}

import { joinWords } from '../../transcripts/join-words.ts';
import type { Warn } from '../analysis-warning.ts';
import { RecordingError } from '../recording-error.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { finishCues, isCuePerWord } from './finish-cues.ts';
import { readJsonTranscript } from './json-transcript.ts';
import { readTimedText } from './timed-text.ts';
import { UNDERSTOOD } from './understood.ts';

/** Most cues of one transcript. */
const MAX_CUES = 200_000;

export interface ParseTranscriptOptions {
  /** Used only in messages. */
  readonly path: string;
  /** Called for each cue that cannot be read. Default: they are skipped silently. */
  readonly warn?: Warn;
}

/**
 * Reads a transcript by what it contains: WebVTT, SubRip, or the JSON of a recogniser. A transcript with a cue per word
 * gets cues per sentence, with the times of the words.
 *
 * @returns the cues that hold words, sorted by start.
 * @throws RecordingError `transcript-unreadable`
 */
export function parseTranscript(source: string, { path, warn = () => {} }: ParseTranscriptOptions): TranscriptCue[] {
  const text = source.replace(/^\uFEFF+/, '');
  const cues = cuesOf(text, path, warn);
  if (cues.length > MAX_CUES) throw RecordingError.transcript(path, `it has more than ${MAX_CUES} cues`);
  const finished = finishCues(cues);
  return isCuePerWord(finished) ? joinCues(finished) : finished;
}

function cuesOf(text: string, path: string, warn: Warn): TranscriptCue[] {
  if (text.trim() === '') throw RecordingError.transcript(path, 'it is empty');
  const isJson = /^\s*[[{]/.test(text.slice(0, 1000));
  if (isJson && !looksTimed(text)) return readJsonTranscript(text, path, warn);
  const cues = readTimedText(text, warn);
  if (cues === null) {
    if (/^WEBVTT(?:\s|$)/.test(text.slice(0, 10))) return [];
    throw RecordingError.transcript(
      path,
      `it has no line with times (00:01.000 --> 00:02.000) and is no JSON; understood are ${UNDERSTOOD}`,
    );
  }
  if (cues.length === 0 && !/^WEBVTT(?:\s|$)/.test(text.slice(0, 10)))
    throw RecordingError.transcript(path, 'none of its cues has a time that can be read');
  return cues;
}

/** A text that begins with a bracket but has lines of times, and so is no JSON. */
function looksTimed(text: string): boolean {
  return /^[ \t]{0,20}\d[\d:.,]{0,20}[ \t]{0,20}-->/m.test(text.slice(0, 100_000));
}

/** Joins cues of one word each, per channel. */
function joinCues(cues: readonly TranscriptCue[]): TranscriptCue[] {
  const channels = Map.groupBy(cues, ({ channel }) => channel);
  const joined = [...channels].flatMap(([channel, words]) => {
    const labelled = words.map(({ speaker, ...word }) => ({ ...word, ...(speaker !== null && { speaker }) }));
    return joinWords(labelled).map(
      ({ startMs, endMs, text, speaker = null, words: timed }): TranscriptCue => ({
        startMs: startMs!,
        endMs: endMs!,
        text,
        speaker,
        ...(channel !== undefined && { channel }),
        words: timed.map((word) => ({ text: word.text, startMs: word.startMs, endMs: word.endMs })),
      }),
    );
  });
  return finishCues(joined);
}

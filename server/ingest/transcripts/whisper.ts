import { type ForeignObject, listOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

/** What whisper.cpp writes where nobody speaks. */
export const BLANK_AUDIO = '[BLANK_AUDIO]';

const WORDS = { text: ['word', 'text'], start: 'start', end: 'end' };

/**
 * Reads messages of Whisper servers: `verbose_json` and `diarized_json` of the transcription API that OpenAI defined
 * (whisper.cpp, faster-whisper and others support it), and the live segments of WhisperLive. Times count from the start
 * of the audio that was sent. A client that sends a call in pieces gives each piece's start as the offset.
 */
export const readWhisper: ReadRecognized = (value) => {
  const { segments, words, text, message, status, lines } = objectOf(value);
  if (Array.isArray(segments)) return readWhisperSegments(segments, readWords(words, { ...WORDS, maxWords: 500_000 }));
  // WhisperLiveKit's lines grow, and have whole seconds only.
  if (lines !== undefined) return null;
  // Plain `json` has no times. WhisperLive also sends its status.
  return typeof text === 'string' || message !== undefined || status !== undefined ? [] : null;
};

/** @param words - of all segments, where the message lists them apart. */
export function readWhisperSegments(
  segments: readonly unknown[],
  words: readonly RecognizedWord[] = [],
): RecognizedSegment[] {
  let next = 0;
  return segments.map((item) => {
    const segment = readSegment(objectOf(item));
    if (segment.words.length > 0 || segment.endMs === null) return segment;
    // A word belongs to the segment in which its middle lies.
    const from = next;
    while (next < words.length && words[next]!.startMs + words[next]!.endMs <= 2 * segment.endMs) next += 1;
    return { ...segment, words: words.slice(from, next) };
  });
}

function readSegment(segment: ForeignObject): RecognizedSegment {
  const speaker = speakerLabel(segment.speaker);
  const text = textOf(segment.text, Number.POSITIVE_INFINITY)?.trim() ?? '';
  return {
    id: null,
    channel: 0,
    startMs: secondsToMs(segment.start),
    endMs: secondsToMs(segment.end),
    text: text === BLANK_AUDIO ? '' : text,
    // Only live servers send interim segments, and mark them.
    final: segment.completed !== false,
    words: readWords(listOf(segment.words), { ...WORDS, speaker: speaker === null ? 'speaker' : [] }),
    speaker,
  };
}

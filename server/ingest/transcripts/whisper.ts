import { type ForeignObject, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';

/**
 * Servers around Whisper: `verbose_json` of the transcription API that OpenAI defined (whisper.cpp, faster-whisper and
 * others speak it) and the live segments of WhisperLive. Times count from the start of the audio that was sent, so that
 * whoever sends a call in pieces gives each piece's start as the offset.
 */
export const readWhisper: ReadRecognized = (value) => {
  const { segments, text, message, status } = objectOf(value);
  if (Array.isArray(segments)) return segments.map((segment) => readSegment(objectOf(segment)));
  // Plain `json` has no times, and WhisperLive tells how it is doing.
  return typeof text === 'string' || message !== undefined || status !== undefined ? [] : null;
};

function readSegment(segment: ForeignObject): RecognizedSegment {
  return {
    id: null,
    channel: 0,
    startMs: secondsToMs(segment.start),
    endMs: secondsToMs(segment.end),
    text: textOf(segment.text, Number.POSITIVE_INFINITY)?.trim() ?? '',
    // Only live servers guess, and say so.
    final: segment.completed !== false,
    words: readWords(segment.words, { text: ['word'], start: 'start', end: 'end' }),
  };
}

import { type ForeignObject, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';

/**
 * Reads messages of Whisper servers: `verbose_json` of the transcription API that OpenAI defined (whisper.cpp,
 * faster-whisper and others support it), and the live segments of WhisperLive. Times count from the start of the audio
 * that was sent. A client that sends a call in pieces gives each piece's start as the offset.
 */
export const readWhisper: ReadRecognized = (value) => {
  const { segments, text, message, status } = objectOf(value);
  if (Array.isArray(segments)) return segments.map((segment) => readSegment(objectOf(segment)));
  // Plain `json` has no times. WhisperLive also sends its status.
  return typeof text === 'string' || message !== undefined || status !== undefined ? [] : null;
};

function readSegment(segment: ForeignObject): RecognizedSegment {
  return {
    id: null,
    channel: 0,
    startMs: secondsToMs(segment.start),
    endMs: secondsToMs(segment.end),
    text: textOf(segment.text, Number.POSITIVE_INFINITY)?.trim() ?? '',
    // Only live servers send interim segments, and mark them.
    final: segment.completed !== false,
    words: readWords(segment.words, { text: ['word'], start: 'start', end: 'end' }),
  };
}

import { type ForeignObject, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

/**
 * Reads Gladia's live API, version 2, from its socket or its callback:
 * https://docs.gladia.io/api-reference/v2/live/message/transcript
 */
export const readGladia: ReadRecognized = (value) => {
  const { event, payload } = objectOf(value);
  const isCallback = typeof event === 'string' && event.startsWith('live.');
  const message = objectOf(isCallback ? payload : value);
  if (isCallback && event !== 'live.transcript') return [];
  if (typeof message.type !== 'string' || typeof message.data !== 'object') return null;
  if (message.type !== 'transcript') return [];
  const { id, is_final: isFinal, utterance } = objectOf(message.data);
  return [readGladiaUtterance(textOf(id, 64), objectOf(utterance), isFinal === true)];
};

/** Reads an utterance, which is the same live and for recordings. */
export function readGladiaUtterance(id: string | null, utterance: ForeignObject, final: boolean): RecognizedSegment {
  return {
    id,
    channel: numberOf(utterance.channel) ?? 0,
    startMs: secondsToMs(utterance.start),
    endMs: secondsToMs(utterance.end),
    text: textOf(utterance.text, Number.POSITIVE_INFINITY)?.trim() ?? '',
    final,
    words: readWords(utterance.words, { text: ['word'], start: 'start', end: 'end' }),
    speaker: speakerLabel(utterance.speaker),
  };
}

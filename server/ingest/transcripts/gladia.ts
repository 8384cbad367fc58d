import { numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized } from './recognized-segment.ts';

/** Reads Gladia's live API, version 2: https://docs.gladia.io/api-reference/v2/live/message/transcript */
export const readGladia: ReadRecognized = (value) => {
  const message = objectOf(value);
  if (typeof message.type !== 'string' || typeof message.data !== 'object') return null;
  if (message.type !== 'transcript') return [];
  const { id, is_final: isFinal, utterance } = objectOf(message.data);
  const { start, end, channel, text, words } = objectOf(utterance);
  return [
    {
      id: textOf(id, 64),
      channel: numberOf(channel) ?? 0,
      startMs: secondsToMs(start),
      endMs: secondsToMs(end),
      text: textOf(text, Number.POSITIVE_INFINITY)?.trim() ?? '',
      final: isFinal === true,
      words: readWords(words, { text: ['word'], start: 'start', end: 'end' }),
    },
  ];
};

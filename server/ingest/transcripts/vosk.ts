import { listOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords } from './read-words.ts';
import type { ReadRecognized } from './recognized-segment.ts';

/**
 * Reads Vosk's messages: `partial`, and `text` with `result` (https://alphacephei.com/vosk/server). Times need
 * `SetWords(true)`, or `words` in the server's configuration.
 */
export const readVosk: ReadRecognized = (value) => {
  const message = objectOf(value);
  const isPartial = typeof message.partial === 'string';
  // With several alternatives, the first is the best.
  const best = isPartial ? message : objectOf(listOf(message.alternatives)[0] ?? message);
  const text = textOf(isPartial ? message.partial : best.text, Number.POSITIVE_INFINITY);
  if (text === null || 'segments' in message || 'type' in message || 'message_type' in message) return null;
  const words = readWords(isPartial ? message.partial_result : best.result, {
    text: ['word'],
    start: 'start',
    end: 'end',
  });
  const [startMs, endMs] = [words[0]?.startMs ?? null, words.at(-1)?.endMs ?? null];
  return text.trim() === ''
    ? []
    : [{ id: null, channel: 0, startMs, endMs, text: text.trim(), final: !isPartial, words }];
};

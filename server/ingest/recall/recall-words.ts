import { listOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { secondsToMs } from '../transcripts/read-words.ts';
import type { ReadRecognized, RecognizedWord } from '../transcripts/recognized-segment.ts';

/** Most words that are read per message. */
const MAX_WORDS = 2000;

/**
 * Reads Recall.ai's `transcript.data` and `transcript.partial_data`: words in the recording's time, from any
 * recogniser. A message of captions has one long word without an end.
 */
export const readRecallWords: ReadRecognized = (value) => {
  const { event, data } = objectOf(value);
  if (event !== 'transcript.data' && event !== 'transcript.partial_data') return null;
  const words: RecognizedWord[] = [];
  for (const item of listOf(objectOf(objectOf(data).data).words).slice(0, MAX_WORDS)) {
    const word = objectOf(item);
    const text = textOf(word.text, Number.POSITIVE_INFINITY)?.trim() ?? '';
    const startMs = secondsToMs(objectOf(word.start_timestamp).relative);
    if (text === '' || startMs === null) continue;
    const endMs = secondsToMs(objectOf(word.end_timestamp).relative) ?? startMs;
    words.push({ text, startMs, endMs: Math.max(startMs, endMs) });
  }
  words.sort((a, b) => a.startMs - b.startMs);
  return [
    {
      id: null,
      channel: 0,
      startMs: words[0]?.startMs ?? null,
      endMs: words.at(-1)?.endMs ?? null,
      text: words.map((word) => word.text).join(' '),
      final: event === 'transcript.data',
      words,
    },
  ];
};

import { type ForeignObject, listOf, objectOf, textOf } from '../sockets/foreign-json.ts';
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
  const words = readRecallWordList(listOf(objectOf(objectOf(data).data).words).slice(0, MAX_WORDS));
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

/** Words per second of ordinary speech. */
const WORDS_PER_SECOND = 2.5;

/** A message of words without times, with times that let the last word end at `endMs`. */
export function placeRecallWords(message: ForeignObject, endMs: number): ForeignObject {
  const envelope = objectOf(message.data);
  const data = objectOf(envelope.data);
  const words = listOf(data.words).map(objectOf);
  const startMs = Math.max(0, endMs - (1000 * words.length) / WORDS_PER_SECOND);
  const placed = words.map((word, index) => ({
    ...word,
    ...(index === 0 && { start_timestamp: { relative: startMs / 1000 } }),
    ...(index === words.length - 1 && { end_timestamp: { relative: endMs / 1000 } }),
  }));
  return { ...message, data: { ...envelope, data: { ...data, words: placed } } };
}

/** Reads a list of words, which is the same live and for recordings. Older recordings have bare seconds. */
export function readRecallWordList(value: unknown): RecognizedWord[] {
  const items = listOf(value).map(objectOf);
  const words: RecognizedWord[] = [];
  // A word without a time follows the one before it.
  let fromMs = items.map((item) => relativeMs(item.start_timestamp)).find((startMs) => startMs !== null) ?? null;
  for (const item of items) {
    const text = textOf(item.text, Number.POSITIVE_INFINITY)?.trim() ?? '';
    const startMs = relativeMs(item.start_timestamp) ?? fromMs;
    if (text === '' || startMs === null) continue;
    fromMs = Math.max(startMs, relativeMs(item.end_timestamp) ?? startMs);
    words.push({ text, startMs, endMs: fromMs });
  }
  return words.sort((a, b) => a.startMs - b.startMs);
}

function relativeMs(timestamp: unknown): number | null {
  return secondsToMs(typeof timestamp === 'number' ? timestamp : objectOf(timestamp).relative);
}

import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment, RecognizedWord } from './recognized-segment.ts';

/**
 * Reads `StreamingRecognizeResponse` of Google Cloud Speech-to-Text, versions 1 and 2, as JSON:
 * https://cloud.google.com/speech-to-text/v2/docs/reference/rpc. Interim results have no start: they follow the last
 * final result. One interim result may have several parts of different stability, which follow each other.
 */
export const readGoogle: ReadRecognized = (value) => {
  const message = objectOf(value);
  if (!Array.isArray(message.results)) return 'speechEventType' in message || 'metadata' in message ? [] : null;
  const results = message.results.map(objectOf);
  const finals = results.filter(isFinal).map((result) => toSegment([result], true));
  const guesses = Map.groupBy(
    results.filter((result) => !isFinal(result)),
    channelOf,
  );
  return [...finals, ...[...guesses.values()].map((parts) => toSegment(parts, false))];
};

function toSegment(results: readonly ForeignObject[], final: boolean): RecognizedSegment {
  const alternatives = results.map((result) => objectOf(listOf(result.alternatives)[0]));
  const last = results.at(-1) ?? {};
  const words = alternatives.flatMap(wordsOf);
  return {
    id: null,
    channel: channelOf(last),
    startMs: null,
    endMs: durationToMs(last.resultEndOffset ?? last.resultEndTime),
    text: alternatives
      .map(({ transcript }) => textOf(transcript, Number.POSITIVE_INFINITY) ?? '')
      .join('')
      .trim(),
    final,
    words,
  };
}

/** Version 1 and version 2 name the times of a word differently. */
function wordsOf({ words }: ForeignObject): RecognizedWord[] {
  const later = readWords(words, { text: ['word'], start: 'startOffset', end: 'endOffset', toMs: durationToMs });
  return later.length > 0
    ? later
    : readWords(words, { text: ['word'], start: 'startTime', end: 'endTime', toMs: durationToMs });
}

function isFinal(result: ForeignObject): boolean {
  return result.isFinal === true;
}

/** Google counts channels from 1. If there is only one, the tag is 0 or missing. */
function channelOf({ channelTag }: ForeignObject): number {
  return Math.max(0, (numberOf(channelTag) ?? 1) - 1);
}

/** A protobuf duration as JSON (`"1.400s"`) or as an object of seconds and nanoseconds. */
function durationToMs(value: unknown): number | null {
  if (typeof value === 'string') return value.endsWith('s') ? secondsToMs(value.slice(0, -1)) : null;
  const { seconds, nanos } = objectOf(value);
  return seconds === undefined && nanos === undefined
    ? null
    : secondsToMs((numberOf(seconds) ?? 0) + (numberOf(nanos) ?? 0) / 1e9);
}

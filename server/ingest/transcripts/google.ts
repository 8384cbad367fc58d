import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';

/** The names of a word's fields in versions 1 and 2, in JSON and in snake_case. */
const WORDS = {
  text: ['word'],
  start: ['startOffset', 'start_offset', 'startTime', 'start_time'],
  end: ['endOffset', 'end_offset', 'endTime', 'end_time'],
  speaker: ['speakerLabel', 'speaker_label', 'speakerTag', 'speaker_tag'],
  toMs: durationToMs,
};
const STREAM_FIELDS = ['speechEventType', 'speech_event_type', 'metadata', 'totalBilledTime', 'total_billed_time'];

/** How long spoken words last if only their end is known, per character and at least, in ms. People speak faster. */
const MS_PER_CHARACTER = 100;
const MIN_SPEECH_MS = 2000;

/**
 * Reads `StreamingRecognizeResponse` of Google Cloud Speech-to-Text, versions 1 and 2, as JSON or in snake_case:
 * https://cloud.google.com/speech-to-text/v2/docs/reference/rpc. Interim results have no start: they follow the last
 * final result. One interim result may have several parts of different stability, which follow each other.
 */
export const readGoogle: ReadRecognized = (value) => {
  const message = objectOf(value);
  if (!Array.isArray(message.results)) return STREAM_FIELDS.some((name) => name in message) ? [] : null;
  const results = message.results.map(objectOf);
  const finals = results.filter(isFinal).map((result) => readGoogleResult([result], true));
  const guesses = Map.groupBy(
    results.filter((result) => !isFinal(result)),
    channelOf,
  );
  return [...finals, ...[...guesses.values()].map((parts) => readGoogleResult(parts, false))];
};

/** Reads a result, which is the same live and for recordings, or several that follow each other. */
export function readGoogleResult(results: readonly ForeignObject[], final: boolean): RecognizedSegment {
  const alternatives = results.map((result) => objectOf(listOf(result.alternatives)[0]));
  const last = results.at(-1) ?? {};
  const endOffset = last.resultEndOffset ?? last.result_end_offset ?? last.resultEndTime ?? last.result_end_time;
  return {
    id: null,
    channel: channelOf(last),
    startMs: null,
    endMs: durationToMs(endOffset),
    text: alternatives
      .map(({ transcript }) => textOf(transcript, Number.POSITIVE_INFINITY) ?? '')
      .join('')
      .trim(),
    final,
    words: alternatives.flatMap(({ words }) => readWords(listOf(words).map(withSpeaker), WORDS)),
  };
}

/** About how long these words take to say, in ms. */
export function speechLengthMs(text: string): number {
  return Math.max(MIN_SPEECH_MS, text.length * MS_PER_CHARACTER);
}

/** The tag 0 names no speaker. A word at the very start may have no start. */
function withSpeaker(item: unknown): ForeignObject {
  const word = objectOf(item);
  const { speakerTag = word.speaker_tag } = word;
  return speakerTag === 0 || speakerTag === '0' ? { ...word, speakerTag: null, speaker_tag: null } : word;
}

function isFinal(result: ForeignObject): boolean {
  return result.isFinal === true || result.is_final === true;
}

/** Google counts channels from 1. If there is only one, the tag is 0 or missing. */
function channelOf({ channelTag, channel_tag: tag = channelTag }: ForeignObject): number {
  return Math.max(0, (numberOf(tag) ?? 1) - 1);
}

/**
 * A protobuf duration: as JSON (`"1.400s"`), as an object of seconds and nanoseconds, as a number of seconds, or as
 * Python writes it (`"0:00:01.400000"`).
 */
function durationToMs(value: unknown): number | null {
  if (typeof value === 'number') return secondsToMs(value);
  if (typeof value === 'string') {
    const clock = /^(\d{1,6}):(\d{2}):(\d{2}(?:\.\d{1,9})?)$/.exec(value);
    if (clock !== null) return secondsToMs(Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]));
    return value.endsWith('s') ? secondsToMs(value.slice(0, -1)) : null;
  }
  const { seconds, nanos } = objectOf(value);
  return seconds === undefined && nanos === undefined
    ? null
    : secondsToMs((numberOf(seconds) ?? 0) + (numberOf(nanos) ?? 0) / 1e9);
}

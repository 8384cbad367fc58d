import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { joinWords, spacedTokens, wordsOfTokens } from '../../../transcripts/join-words.ts';
import { readWords, secondsToMs, type TimedItem, withTimes } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import { readWhisper, readWhisperSegments } from '../../../transcripts/whisper.ts';
import { parseTime } from '../parse-time.ts';
import { MAX_FILE_WORDS, type ReadShape } from './shaped-transcript.ts';

/**
 * Reads what Whisper and its kin write: Whisper, OpenAI's `verbose_json` and `diarized_json`, whisperX, stable-ts,
 * whisper-timestamped (an object with `segments`), and OpenAI's words without segments.
 */
export const readWhisperFile: ReadShape = (value) => {
  const { segments, words } = objectOf(value);
  if (Array.isArray(segments)) return { segments: readWhisper(value) ?? [] };
  if (!listOf(words).some((word) => 'word' in objectOf(word))) return null;
  const fields = { text: ['word'], start: 'start', end: 'end', speaker: 'speaker', maxWords: MAX_FILE_WORDS };
  return { segments: joinWords(readWords(words, fields)) };
};

/** Reads the list of faster-whisper's segments: `[{start, end, text, words?}]`. */
export const readWhisperList: ReadShape = (value) => {
  const items = listOf(value).map(objectOf);
  const isSegment = ({ start, end, text }: ForeignObject) =>
    numberOf(start) !== null && numberOf(end) !== null && typeof text === 'string';
  return items.some(isSegment) ? { segments: readWhisperSegments(items) } : null;
};

/** Reads the chunks of Hugging Face's pipeline: `{text, chunks: [{timestamp: [start, end], text}]}`, `speakers` alike. */
export const readWhisperChunks: ReadShape = (value) => {
  const { chunks, speakers } = objectOf(value);
  const items = (listOf(speakers).length > 0 ? listOf(speakers) : listOf(chunks)).map(objectOf);
  if (!items.some(({ timestamp }) => Array.isArray(timestamp))) return null;
  return {
    segments: items.map(({ timestamp, text, speaker }) => {
      const startMs = secondsToMs(listOf(timestamp)[0]);
      // The last chunk may have no end.
      const endMs = secondsToMs(listOf(timestamp)[1]) ?? startMs;
      return segment(startMs, endMs, text, speaker);
    }),
  };
};

/** Reads whisper.cpp's `--output-json` and `--output-json-full`: `{transcription: [{offsets, timestamps, text}]}`. */
export const readWhisperCpp: ReadShape = (value) => {
  const items = listOf(objectOf(value).transcription).map(objectOf);
  if (!items.some(({ offsets, timestamps }) => offsets !== undefined || timestamps !== undefined)) return null;
  return {
    segments: items.map((item) => {
      const { startMs, endMs } = rangeOf(item);
      return { ...segment(startMs, endMs, item.text, item.speaker), words: wordsOf(item.tokens) };
    }),
  };
};

function wordsOf(tokens: unknown): RecognizedSegment['words'] {
  const items = listOf(tokens).map(objectOf);
  // Tokens in brackets are marks of the model, such as `[_BEG_]`.
  const spoken = items.flatMap((token): TimedItem[] => {
    const text = textOf(token.text) ?? '';
    return /^\[_.*\]$/.test(text) ? [] : [{ text, ...rangeOf(token) }];
  });
  return withTimes(wordsOfTokens(spacedTokens(spoken)));
}

function rangeOf({ offsets, timestamps }: ForeignObject): { startMs: number | null; endMs: number | null } {
  const { from, to } = objectOf(offsets);
  const written = objectOf(timestamps);
  return {
    startMs: numberOf(from) ?? parseTime(textOf(written.from) ?? ''),
    endMs: numberOf(to) ?? parseTime(textOf(written.to) ?? ''),
  };
}

function segment(startMs: number | null, endMs: number | null, text: unknown, speaker: unknown): RecognizedSegment {
  return {
    id: null,
    channel: 0,
    startMs,
    endMs,
    text: textOf(text, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: [],
    speaker: speakerLabel(speaker),
  };
}

import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { readWords } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment, RecognizedWord } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import { MAX_FILE_WORDS, type ReadShape } from './shaped-transcript.ts';

/**
 * Reads AssemblyAI's transcript of a recording, its sentences or its paragraphs. Times are in ms:
 * https://www.assemblyai.com/docs/api-reference/transcripts/get
 */
export const readAssemblyAiFile: ReadShape = (value) => {
  const transcript = objectOf(value);
  const { utterances, sentences, paragraphs, words } = transcript;
  const channels = numberOf(transcript.audio_channels) ?? 1;
  const channelCount = channels > 1 ? { channelCount: channels } : {};
  const items = [utterances, sentences, paragraphs].map(listOf).find((list) => list.some(isSegment)) ?? [];
  if (items.length > 0) return { segments: items.map((item) => readSegment(objectOf(item))), ...channelCount };
  const isTranscript = 'audio_url' in transcript || 'utterances' in transcript;
  if (!isTranscript || (words !== null && words !== undefined && !Array.isArray(words))) return null;
  const byChannel = Map.groupBy(listOf(words), (word) => channelOf(objectOf(word)));
  const segments = [...byChannel].flatMap(([channel, spoken]) => joinWords(wordsOf(spoken), channel));
  return { segments, ...channelCount };
};

function isSegment(item: unknown): boolean {
  const { text, start, end } = objectOf(item);
  return typeof text === 'string' && numberOf(start) !== null && numberOf(end) !== null;
}

function readSegment(item: ForeignObject): RecognizedSegment {
  return {
    id: null,
    channel: channelOf(item),
    startMs: numberOf(item.start),
    endMs: numberOf(item.end),
    text: textOf(item.text, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: wordsOf(item.words).map(({ text, startMs, endMs }) => ({ text, startMs, endMs })),
    speaker: speakerLabel(item.speaker),
  };
}

function wordsOf(words: unknown): RecognizedWord[] {
  const fields = { text: ['text'], start: 'start', end: 'end', speaker: 'speaker', maxWords: MAX_FILE_WORDS };
  return readWords(words, { ...fields, toMs: numberOf });
}

/** AssemblyAI counts channels from 1. */
function channelOf({ channel }: ForeignObject): number {
  return Math.max(0, (numberOf(channel) ?? 1) - 1);
}

import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import { readWords, secondsToMs } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import { MAX_FILE_WORDS, type ReadShape } from './shaped-transcript.ts';

const WORDS = {
  text: ['punctuated_word', 'word'],
  start: 'start',
  end: 'end',
  speaker: 'speaker',
  maxWords: MAX_FILE_WORDS,
};

/**
 * Reads Deepgram's answer for recordings: utterances, or else words, or else paragraphs:
 * https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded
 */
export const readDeepgramFile: ReadShape = (value) => {
  const { channels: channelList, utterances } = objectOf(objectOf(value).results);
  if (!Array.isArray(channelList) && !Array.isArray(utterances)) return null;
  const channels = listOf(channelList);
  const channelCount = channels.length > 1 ? { channelCount: channels.length } : {};
  if (listOf(utterances).length > 0)
    return { segments: listOf(utterances).map((item) => readUtterance(objectOf(item))), ...channelCount };
  return { segments: channels.flatMap(readChannel), ...channelCount };
};

function readUtterance(utterance: ForeignObject): RecognizedSegment {
  return {
    id: null,
    channel: numberOf(utterance.channel) ?? 0,
    startMs: secondsToMs(utterance.start),
    endMs: secondsToMs(utterance.end),
    text: textOf(utterance.transcript, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: readWords(utterance.words, { ...WORDS, speaker: [] }),
    speaker: speakerLabel(utterance.speaker),
  };
}

function readChannel(value: unknown, channel: number): RecognizedSegment[] {
  const best = objectOf(listOf(objectOf(value).alternatives)[0]);
  const words = readWords(best.words, WORDS);
  if (words.length > 0) return joinWords(words, channel);
  const paragraphs = listOf(objectOf(best.paragraphs).paragraphs).map(objectOf);
  return paragraphs.flatMap(({ sentences, speaker }) =>
    listOf(sentences).map((item): RecognizedSegment => {
      const { text, start, end } = objectOf(item);
      return {
        id: null,
        channel,
        startMs: secondsToMs(start),
        endMs: secondsToMs(end),
        text: textOf(text, Number.POSITIVE_INFINITY) ?? '',
        final: true,
        words: [],
        speaker: speakerLabel(speaker),
      };
    }),
  );
}

import { listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized } from './recognized-segment.ts';

/**
 * Reads Deepgram's live transcription: https://developers.deepgram.com/reference/speech-to-text/listen-streaming
 * Interim results and the final result of a segment have the same `start`.
 */
export const readDeepgram: ReadRecognized = (message) => {
  const { type, channel, channel_index: channelIndex, start, duration, is_final: isFinal } = objectOf(message);
  if (type === 'Metadata' || type === 'UtteranceEnd' || type === 'SpeechStarted') return [];
  if (type !== 'Results') return null;
  const best = objectOf(listOf(objectOf(channel).alternatives)[0]);
  const startMs = secondsToMs(start);
  const durationMs = secondsToMs(duration);
  return [
    {
      id: null,
      channel: numberOf(listOf(channelIndex)[0]) ?? 0,
      startMs,
      endMs: startMs === null || durationMs === null ? null : startMs + durationMs,
      text: textOf(best.transcript, Number.POSITIVE_INFINITY) ?? '',
      final: isFinal === true,
      words: readWords(best.words, { text: ['punctuated_word', 'word'], start: 'start', end: 'end' }),
    },
  ];
};

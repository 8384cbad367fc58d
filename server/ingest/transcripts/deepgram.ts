import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, secondsToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedSegment } from './recognized-segment.ts';

const OTHER_TYPES = new Set([
  'Metadata',
  'UtteranceEnd',
  'SpeechStarted',
  'Connected',
  'ConfigureSuccess',
  'ConfigureFailure',
  'Warning',
  'Error',
]);
const WORDS = { text: ['punctuated_word', 'word'], start: 'start', end: 'end' };

/**
 * Reads Deepgram's live transcription: `Results` (https://developers.deepgram.com/reference/speech-to-text/listen-streaming)
 * and Flux' `TurnInfo` (https://developers.deepgram.com/docs/flux/state). Interim results and the final result of a
 * segment have the same `start`, or the same turn.
 */
export const readDeepgram: ReadRecognized = (value) => {
  const message = objectOf(value);
  const type = textOf(message.type) ?? '';
  if (type === 'Results') return [readResults(message)];
  if (type === 'TurnInfo') return [readTurn(message)];
  return OTHER_TYPES.has(type) ? [] : null;
};

function readResults(message: ForeignObject): RecognizedSegment {
  const best = objectOf(listOf(objectOf(message.channel).alternatives)[0]);
  const [channel, channelCount] = listOf(message.channel_index);
  const startMs = secondsToMs(message.start);
  const durationMs = secondsToMs(message.duration);
  return {
    id: null,
    channel: numberOf(channel) ?? 0,
    startMs,
    endMs: startMs === null || durationMs === null ? null : startMs + durationMs,
    text: textOf(best.transcript, Number.POSITIVE_INFINITY) ?? '',
    final: message.is_final === true,
    // On a channel of its own, a speaker is known already.
    words: readWords(best.words, { ...WORDS, speaker: (numberOf(channelCount) ?? 1) > 1 ? [] : 'speaker' }),
  };
}

function readTurn(message: ForeignObject): RecognizedSegment {
  const words = readWords(message.words, { ...WORDS, speaker: 'speaker' });
  return {
    id: `turn-${numberOf(message.turn_index) ?? 0}`,
    channel: 0,
    startMs: words[0]?.startMs ?? secondsToMs(message.audio_window_start),
    endMs: words.at(-1)?.endMs ?? secondsToMs(message.audio_window_end),
    text: textOf(message.transcript, Number.POSITIVE_INFINITY) ?? '',
    final: message.event === 'EndOfTurn',
    words,
  };
}

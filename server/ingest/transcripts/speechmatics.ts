import { listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { spoken, type Token, wordsOfTokens } from './join-words.ts';
import { secondsToMs, withTimes } from './read-words.ts';
import type { ReadRecognized, RecognizedWord } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

const OTHER_MESSAGES = new Set([
  'RecognitionStarted',
  'AudioAdded',
  'ChannelAudioAdded',
  'EndOfUtterance',
  'EndOfTranscript',
  'AddTranslation',
  'AddPartialTranslation',
  'AudioEventStarted',
  'AudioEventEnded',
  'SpeakersResult',
  'Info',
  'Warning',
  'Error',
]);

/**
 * Reads Speechmatics' real-time messages `AddPartialTranscript` and `AddTranscript`:
 * https://docs.speechmatics.com/api-ref/realtime-transcription-websocket. Partial words begin where the final ones end.
 */
export const readSpeechmatics: ReadRecognized = (value) => {
  const message = objectOf(value);
  const kind = textOf(message.message) ?? '';
  if (kind !== 'AddTranscript' && kind !== 'AddPartialTranscript') return OTHER_MESSAGES.has(kind) ? [] : null;
  const words = wordsOfSpeechmatics(listOf(message.results));
  const { start_time: start, end_time: end, transcript } = objectOf(message.metadata);
  const text = words.length > 0 ? spoken(words) : (textOf(transcript, Number.POSITIVE_INFINITY)?.trim() ?? '');
  // Punctuation may come alone, after its word is final.
  if (!/[\p{L}\p{N}]/u.test(text)) return [];
  const channel = textOf(message.channel) ?? textOf(objectOf(listOf(message.results)[0]).channel);
  return [
    {
      id: null,
      channel: Math.max(0, (numberOf(/(\d{1,2})$/.exec(channel ?? '')?.[1]) ?? 1) - 1),
      startMs: secondsToMs(start) ?? words[0]?.startMs ?? null,
      endMs: secondsToMs(end) ?? words.at(-1)?.endMs ?? null,
      text,
      final: kind === 'AddTranscript',
      words,
    },
  ];
};

/** The words of a list of results, which is the same live and for recordings. */
export function wordsOfSpeechmatics(results: readonly unknown[]): RecognizedWord[] {
  const tokens: Token[] = [];
  let attachesToNext = false;
  for (const result of results.map(objectOf)) {
    const { content, speaker } = objectOf(listOf(result.alternatives)[0]);
    const text = textOf(content)?.trim() ?? '';
    if (text === '') continue;
    const attachesTo = textOf(result.attaches_to) ?? (result.type === 'punctuation' ? 'previous' : 'none');
    const label = speakerLabel(speaker);
    tokens.push({
      text,
      startMs: secondsToMs(result.start_time),
      endMs: secondsToMs(result.end_time),
      ...(label !== null && { speaker: label }),
      attached: attachesToNext || attachesTo === 'previous' || attachesTo === 'both',
    });
    attachesToNext = attachesTo === 'next' || attachesTo === 'both';
  }
  return withTimes(wordsOfTokens(tokens));
}

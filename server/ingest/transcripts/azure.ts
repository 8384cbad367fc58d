import { listOf, numberOf, objectOf, textOf } from '../sockets/foreign-json.ts';
import { readWords, ticksToMs } from './read-words.ts';
import type { ReadRecognized, RecognizedWord } from './recognized-segment.ts';
import { speakerLabel } from './speaker-label.ts';

/**
 * Reads Azure Speech results as JSON (`speech.hypothesis` and `speech.phrase`, simple or detailed):
 * https://learn.microsoft.com/azure/ai-services/speech-service/get-speech-recognition-results. Times are in ticks of
 * 100 ns. Hypotheses and their phrase have the same offset.
 */
export const readAzure: ReadRecognized = (value) => {
  const message = objectOf(value);
  const { RecognitionStatus: status, Offset: offset, Duration: duration, Channel: channel } = message;
  const best = objectOf(listOf(message.NBest)[0]);
  const guess = textOf(message.Text, Number.POSITIVE_INFINITY);
  const final = status !== undefined;
  // Messages about the stream itself: `speech.startDetected`, `speech.endDetected`, `turn.start`.
  if (!final && guess === null) return offset !== undefined || message.context !== undefined ? [] : null;
  if (final && status !== 'Success') return [];
  const startMs = ticksToMs(offset);
  const durationMs = ticksToMs(duration);
  const text = final ? (textOf(message.DisplayText, Number.POSITIVE_INFINITY) ?? best.Display ?? best.Lexical) : guess;
  return [
    {
      id: null,
      channel: numberOf(channel) ?? 0,
      startMs,
      endMs: startMs === null || durationMs === null ? null : startMs + durationMs,
      text: textOf(text, Number.POSITIVE_INFINITY) ?? '',
      final,
      words: wordsOf(best.DisplayWords) ?? wordsOf(best.Words) ?? [],
      speaker: speakerLabel(message.SpeakerId),
    },
  ];
};

/** Azure gives a word's duration, not its end. */
function wordsOf(value: unknown): RecognizedWord[] | null {
  const timed = listOf(value).map((item) => {
    const { Word: word, DisplayText: display, Offset: offset, Duration: duration } = objectOf(item);
    const [start, length] = [numberOf(offset), numberOf(duration)];
    return { word: display ?? word, start, end: start === null || length === null ? null : start + length };
  });
  const words = readWords(timed, { text: ['word'], start: 'start', end: 'end', toMs: ticksToMs });
  return words.length === 0 ? null : words;
}

import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { type TimedItem, ticksToMs, withTimes } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import type { ReadShape } from './shaped-transcript.ts';

/**
 * Reads Azure's batch transcription (`recognizedPhrases`) and fast transcription (`phrases`):
 * https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get
 */
export const readAzureFile: ReadShape = (value) => {
  const { recognizedPhrases, phrases } = objectOf(value);
  const isFast = !Array.isArray(recognizedPhrases);
  if (isFast && !Array.isArray(phrases)) return null;
  const items = listOf(isFast ? phrases : recognizedPhrases).map(objectOf);
  const read = items.filter(
    ({ recognitionStatus: status }) => status === undefined || status === null || status === 'Success',
  );
  return { segments: read.map(readPhrase) };
};

function readPhrase(phrase: ForeignObject): RecognizedSegment {
  const best = objectOf(listOf(phrase.nBest)[0]);
  const text = [phrase.text, best.display, best.lexical].find((candidate) => typeof candidate === 'string');
  const display = wordsOf(best.displayWords);
  const words = wordsOf(best.words);
  return {
    id: null,
    channel: numberOf(phrase.channel) ?? 0,
    ...rangeOf(phrase),
    text: textOf(text, Number.POSITIVE_INFINITY) ?? '',
    final: true,
    words: display.length > 0 ? display : words.length > 0 ? words : wordsOf(phrase.words),
    speaker: speakerLabel(phrase.speaker),
  };
}

function wordsOf(value: unknown): RecognizedSegment['words'] {
  return withTimes(
    listOf(value)
      .map(objectOf)
      .flatMap((word): TimedItem[] => {
        const text = textOf(word.displayText ?? word.word ?? word.text)?.trim() ?? '';
        return text === '' ? [] : [{ text, ...rangeOf(word) }];
      }),
  );
}

/** Times are in ticks of 100 ns, in ms, or ISO 8601 durations. A number without a unit in its name is in ms. */
function rangeOf(item: ForeignObject): { startMs: number | null; endMs: number | null } {
  const startMs = ticksToMs(item.offsetInTicks) ?? numberOf(item.offsetMilliseconds) ?? durationToMs(item.offset);
  const lengthMs =
    ticksToMs(item.durationInTicks) ?? numberOf(item.durationMilliseconds) ?? durationToMs(item.duration);
  return { startMs, endMs: startMs === null || lengthMs === null ? null : startMs + lengthMs };
}

function durationToMs(value: unknown): number | null {
  const match = /^PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?$/.exec(textOf(value, 50) ?? '');
  if (match === null) return numberOf(value);
  const [hours, minutes, seconds] = [match[1], match[2], match[3]].map((part) => Number(part ?? 0));
  return Math.round(((hours! * 60 + minutes!) * 60 + seconds!) * 1_000_000) / 1000;
}

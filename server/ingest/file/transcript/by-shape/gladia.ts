import { type ForeignObject, listOf, numberOf, objectOf, textOf } from '../../../sockets/foreign-json.ts';
import { readGladiaUtterance } from '../../../transcripts/gladia.ts';
import { readWords, secondsToMs } from '../../../transcripts/read-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import { speakerLabel } from '../../../transcripts/speaker-label.ts';
import type { ReadShape } from './shaped-transcript.ts';

/**
 * Reads Gladia's result for recordings, as the API or its callback gives it, and the older version's `prediction`:
 * https://docs.gladia.io/api-reference/v2/pre-recorded/get
 */
export const readGladiaFile: ReadShape = (value) => {
  const file = objectOf(value);
  const result = objectOf(file.result ?? file.payload ?? file);
  const { utterances } = objectOf(result.transcription);
  if (Array.isArray(utterances))
    return { segments: utterances.map((utterance) => readGladiaUtterance(null, objectOf(utterance), true)) };
  const older = listOf(file.prediction ?? result.prediction).map(objectOf);
  if (!older.some(({ time_begin: begin }) => begin !== undefined)) return null;
  return { segments: older.map(readPrediction) };
};

function readPrediction(item: ForeignObject): RecognizedSegment {
  return {
    id: null,
    channel: numberOf(/(\d{1,2})$/.exec(textOf(item.channel) ?? '')?.[1]) ?? 0,
    startMs: secondsToMs(item.time_begin),
    endMs: secondsToMs(item.time_end),
    text: textOf(item.transcription, Number.POSITIVE_INFINITY)?.trim() ?? '',
    final: true,
    words: readWords(item.words, { text: ['word'], start: 'time_begin', end: 'time_end' }),
    speaker: speakerLabel(item.speaker === 'not_activated' ? null : item.speaker),
  };
}

import { listOf, numberOf, objectOf } from '../../../sockets/foreign-json.ts';
import { readGoogleResult, speechLengthMs } from '../../../transcripts/google.ts';
import { joinWords } from '../../../transcripts/join-words.ts';
import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';
import type { ReadShape } from './shaped-transcript.ts';

/**
 * Reads `RecognizeResponse`, `LongRunningRecognizeResponse` and batch results of Google Cloud Speech-to-Text, versions 1
 * and 2, in camelCase or snake_case, bare or in the answer of a long-running operation:
 * https://cloud.google.com/speech-to-text/v2/docs/reference/rpc
 */
export const readGoogleFile: ReadShape = (value) => {
  const results = resultsOf(value, 0);
  if (results === null) return null;
  const segments = withoutRepeats(results.map((result) => readGoogleResult([objectOf(result)], true)));
  const untilMs = new Map<number, number>();
  const read = segments.flatMap((segment): RecognizedSegment[] => {
    const beforeMs = untilMs.get(segment.channel) ?? 0;
    if (segment.endMs !== null) untilMs.set(segment.channel, segment.endMs);
    if (segment.words.length > 0) return joinWords(segment.words, segment.channel);
    if (segment.endMs === null) return [segment];
    return [{ ...segment, startMs: Math.max(beforeMs, segment.endMs - speechLengthMs(segment.text)) }];
  });
  return { segments: read };
};

/** The list of results, in whichever envelope. Null: there is none. */
function resultsOf(value: unknown, depth: number): readonly unknown[] | null {
  const { results, response, transcript, inlineResult, inline_result: inline } = objectOf(value);
  if (Array.isArray(results)) return isGoogle(results) ? results : null;
  if (depth > 3) return null;
  for (const inner of [response, transcript, inlineResult, inline]) {
    const found = resultsOf(inner, depth + 1);
    if (found !== null) return found;
  }
  // A batch names the results of each file by its address.
  const files = Object.entries(objectOf(results)).filter(([name]) => name.startsWith('gs://'));
  return files.length === 1 ? resultsOf(files[0]![1], depth + 1) : null;
}

function isGoogle(results: readonly unknown[]): boolean {
  return results.some((result) =>
    listOf(objectOf(result).alternatives).some((item) => {
      const { transcript, words } = objectOf(item);
      return typeof transcript === 'string' || Array.isArray(words);
    }),
  );
}

/** If speakers are told apart, version 1 repeats all words with their labels in a last result. */
function withoutRepeats(segments: readonly RecognizedSegment[]): readonly RecognizedSegment[] {
  const last = segments.at(-1);
  if (last === undefined || segments.length < 2 || !last.words.some(({ speaker }) => speaker !== undefined))
    return segments;
  const earlier = segments.slice(0, -1).flatMap(({ words }) => words);
  const isRepeat = numberOf(last.words[0]?.startMs) === numberOf(earlier[0]?.startMs);
  return isRepeat && last.words.length >= earlier.length ? [last] : segments;
}

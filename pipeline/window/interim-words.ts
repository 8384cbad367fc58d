import type { TranscriptSegment } from '../media/media-frame.ts';
import type { TimeRange } from './late-transcripts.ts';

/** An interim segment's id and range. Its text is a guess and is not kept. */
export interface InterimRange extends TimeRange {
  readonly segmentId: string;
}

/** Most segments that wait to open an utterance, and most ids that are remembered as settled. */
const MAX_WAITING = 16;
const MAX_SETTLED = 256;

/**
 * Interim segments of one participant that may still open an utterance. Each id may open one, over the shortest range
 * that it arrived with, unless its final words came first. Plain data, bounded: the oldest are dropped.
 */
export interface InterimWords {
  readonly waiting: Map<string, InterimRange>;
  readonly settled: Set<string>;
}

export function addInterim({ waiting, settled }: InterimWords, { segmentId, startMs, endMs }: TranscriptSegment): void {
  if (settled.has(segmentId)) return;
  const known = waiting.get(segmentId);
  const range = {
    segmentId,
    startMs: Math.min(startMs, known?.startMs ?? startMs),
    endMs: Math.min(endMs, known?.endMs ?? endMs),
  };
  waiting.set(segmentId, range);
  if (waiting.size > MAX_WAITING) waiting.delete(waiting.keys().next().value!);
}

/** Final words came. A pending guess ends where they end, and later guesses are ignored. */
export function settleInterim(words: InterimWords, { segmentId, endMs }: TranscriptSegment): void {
  settle(words, segmentId);
  const known = words.waiting.get(segmentId);
  if (known !== undefined) words.waiting.set(segmentId, { ...known, endMs: Math.min(endMs, known.endMs) });
}

/**
 * Takes out the first segment by start that opens an utterance; null while there is none.
 *
 * @param verdictOf - whether a segment opens one, waits, or is forgotten.
 */
export function takeInterim(
  words: InterimWords,
  verdictOf: (range: InterimRange) => 'opens' | 'waits' | 'forgotten',
): InterimRange | null {
  const ranges = [...words.waiting.values()].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  for (const range of ranges) {
    const verdict = verdictOf(range);
    if (verdict === 'waits') continue;
    words.waiting.delete(range.segmentId);
    settle(words, range.segmentId);
    if (verdict === 'opens') return range;
  }
  return null;
}

function settle({ settled }: InterimWords, segmentId: string): void {
  settled.add(segmentId);
  if (settled.size > MAX_SETTLED) settled.delete(settled.values().next().value!);
}

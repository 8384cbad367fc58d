import type { TranscriptSegment } from '../media/media-frame.ts';
import { overlapMs, type PlacedSegment, shareWords, type TimeRange } from './share-words.ts';
import type { OpenTracks, Utterance } from './utterance.ts';

export type { TimeRange } from './share-words.ts';

/** A closed utterance and the final segments, or parts of them, that it has so far, by `segmentId`. */
export interface ClosedUtterance {
  readonly utterance: Utterance;
  readonly tracks: OpenTracks;
  readonly segments: Map<string, PlacedSegment>;
}

/**
 * One participant's final words: those of closed utterances that can still be revised, and those that wait for their
 * utterance, in order of arrival. Plain data, bounded.
 *
 * A segment belongs to the utterance that it overlaps most, or else to the nearest one within a second. A segment that
 * covers several utterances is shared out among them. It waits while a better one, or a further one, may still come. A
 * repeated `segmentId` replaces the segment. `undecidedFromMs` is the time from which
 * utterances may still begin or end: the start of the open one, or else how far the voice has been followed. It is
 * `Infinity` when no more voice is expected.
 */
export interface LateTranscripts {
  readonly closed: ClosedUtterance[];
  waiting: TranscriptSegment[];
}

/** What changed when words were placed. */
export interface Placed {
  /** Closed utterances whose words changed. */
  readonly revised: ReadonlySet<ClosedUtterance>;
  /** Ids of segments that found no utterance, or one that holds 64 segments or 10,000 characters already. */
  readonly unmatched: readonly string[];
}

/** Words and utterances this close belong together even if they do not overlap, ms. Recognisers' times are rough. */
export const TOLERANCE_MS = 1000;
/** A segment covers an utterance of which it overlaps this much, or half. */
const COVERED_MS = 1000;
/** Closed utterances that can still be revised, by number and by age in media time. */
const MAX_UTTERANCES = 64;
const MAX_AGE_MS = 120_000;
const MAX_WAITING = 256;
/** Most words of one utterance. Nobody says more in the longest utterance. */
const MAX_SEGMENTS = 64;
const MAX_CHARACTERS = 10_000;

/** Characters of all the words that are held. */
export function charactersOf({ closed, waiting }: LateTranscripts): number {
  let count = 0;
  for (const { text } of waiting) count += text.length;
  for (const { segments } of closed) for (const { text } of segments.values()) count += text.length;
  return count;
}

/** Takes a final segment. */
export function addSegment(words: LateTranscripts, segment: TranscriptSegment, undecidedFromMs: number): Placed {
  const holders = words.closed.filter(({ segments }) => segments.has(segment.segmentId));
  const before = holders[0]?.segments.get(segment.segmentId);
  if (before !== undefined && isSame(before.whole ?? before, segment)) return { revised: new Set(), unmatched: [] };
  const waiting = words.waiting.filter(({ segmentId }) => segmentId !== segment.segmentId);
  const isTakenBack = segment.text.trim() === '' && (before !== undefined || waiting.length < words.waiting.length);
  words.waiting = waiting;
  if (!isTakenBack) words.waiting.push(segment);
  const overflow = words.waiting.splice(0, Math.max(0, words.waiting.length - MAX_WAITING));
  for (const { segments } of holders) segments.delete(segment.segmentId);
  const { revised, unmatched } = placeWaiting(words, undecidedFromMs);
  return {
    revised: new Set([...revised, ...holders]),
    unmatched: [...overflow.map(({ segmentId }) => segmentId), ...unmatched],
  };
}

/** Takes an utterance that has closed, and assigns the pending words to it. `revised` holds only other utterances. */
export function addClosed(
  words: LateTranscripts,
  utterance: Utterance,
  tracks: OpenTracks,
  undecidedFromMs: number,
): Placed & { readonly closed: ClosedUtterance } {
  const closed = { utterance, tracks, segments: new Map<string, PlacedSegment>() };
  words.closed.push(closed);
  while (words.closed.length > MAX_UTTERANCES || words.closed[0]!.utterance.endMs < utterance.endMs - MAX_AGE_MS) {
    words.closed.shift();
  }
  const { revised, unmatched } = placeWaiting(words, undecidedFromMs);
  return { closed, revised: new Set([...revised].filter((other) => other !== closed)), unmatched };
}

/** Assigns pending words to utterances, where it is certain. */
export function placeWaiting(words: LateTranscripts, undecidedFromMs: number): Placed {
  const revised = new Set<ClosedUtterance>();
  const unmatched: string[] = [];
  words.waiting = words.waiting.filter((segment) => {
    const place = placeOf(words, segment, undecidedFromMs);
    if (place === 'undecided') return true;
    if (place === 'nowhere') {
      unmatched.push(segment.segmentId);
      return false;
    }
    const covered = coveredBy(words, segment, place);
    const parts =
      covered.length === 1
        ? [segment]
        : shareWords(
            segment,
            covered.map(({ utterance }) => utterance),
          );
    for (const [index, part] of parts.entries()) {
      if (part === null) continue;
      const holder = covered[index]!;
      if (isFull(holder, part)) {
        unmatched.push(segment.segmentId);
      } else {
        holder.segments.set(segment.segmentId, part);
        revised.add(holder);
      }
    }
    return false;
  });
  return { revised, unmatched };
}

/** The utterances that a segment is shared out among, by start: its own, and those that it covers and no other words do. */
function coveredBy(words: LateTranscripts, segment: TranscriptSegment, own: ClosedUtterance): ClosedUtterance[] {
  if (segment.text.trim() === '') return [own];
  const covered = words.closed.filter((candidate) => {
    if (candidate === own) return true;
    const { utterance, segments } = candidate;
    const overlap = overlapMs(utterance, segment);
    if (overlap < Math.min(COVERED_MS, (utterance.endMs - utterance.startMs) / 2)) return false;
    const rivals = [...words.waiting, ...[...segments.values()].map((part) => part.whole ?? part)];
    return !rivals.some((rival) => rival.segmentId !== segment.segmentId && overlapMs(utterance, rival) >= overlap);
  });
  return covered.sort((a, b) => a.utterance.startMs - b.utterance.startMs);
}

/** Where a final segment of this range would go now. Changes nothing. */
export function placeOf(
  { closed }: LateTranscripts,
  range: TimeRange,
  undecidedFromMs: number,
): ClosedUtterance | 'undecided' | 'nowhere' {
  let best: ClosedUtterance | 'nowhere' = 'nowhere';
  let bestOverlapMs = 0;
  let bestDistanceMs = TOLERANCE_MS;
  for (const candidate of closed) {
    const overlap = overlapMs(candidate.utterance, range);
    const distance = distanceMs(candidate.utterance, range);
    if (overlap > bestOverlapMs || (bestOverlapMs === 0 && distance < bestDistanceMs)) {
      best = candidate;
      bestOverlapMs = overlap;
      bestDistanceMs = distance;
    }
  }
  const undecidedMs = range.endMs - Math.max(range.startMs, undecidedFromMs);
  if (undecidedMs > Math.min(bestOverlapMs, COVERED_MS)) return 'undecided';
  const isNearUndecided = undecidedFromMs - range.endMs < Math.min(bestDistanceMs, TOLERANCE_MS);
  return bestOverlapMs === 0 && isNearUndecided ? 'undecided' : best;
}

/** The words of a closed utterance, by start. */
export function transcriptOf({ segments }: ClosedUtterance): TranscriptSegment[] {
  return [...segments.values()].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
}

function distanceMs(a: TimeRange, b: TimeRange): number {
  return Math.max(a.startMs - b.endMs, b.startMs - a.endMs, 0);
}

/** Whether the utterance has no room for these words. */
function isFull({ segments }: ClosedUtterance, { segmentId, text }: TranscriptSegment): boolean {
  if (segments.size >= MAX_SEGMENTS && !segments.has(segmentId)) return true;
  let characters = text.length;
  for (const held of segments.values()) characters += held.text.length;
  return characters > MAX_CHARACTERS && segments.size > 0;
}

function isSame(a: TranscriptSegment, b: TranscriptSegment): boolean {
  return a.text === b.text && a.startMs === b.startMs && a.endMs === b.endMs;
}

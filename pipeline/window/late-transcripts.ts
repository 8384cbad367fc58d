import type { TranscriptSegment } from '../media/media-frame.ts';
import type { WordsPlace } from './interim-words.ts';

/** What words are matched with: a closed utterance's range. */
export interface SpokenRange {
  readonly startMs: number;
  readonly endMs: number;
}

/** Words and utterances that do not overlap still belong together this close, ms: recognisers' times are rough. */
const TOLERANCE_MS = 1000;
/** Closed utterances that can still be revised, by number and by age in media time. */
const MAX_UTTERANCES = 64;
const MAX_AGE_MS = 120_000;
const MAX_WAITING = 256;
/** Words of one utterance: more cannot be said in its length. */
const MAX_SEGMENTS = 64;
const MAX_CHARACTERS = 10_000;

interface Entry<U extends SpokenRange> {
  readonly utterance: U;
  readonly segments: Map<string, TranscriptSegment>;
}

/**
 * Matches final transcript segments with one participant's utterances, in whatever order they come. A segment goes to
 * the utterance that it overlaps most, else to the nearest within a second; while a better one may still come, it
 * waits. A repeated `segmentId` replaces the segment. Pure and bounded: `onDrop` is told of words that found no place, or
 * whose utterance holds 64 segments or 10,000 characters already.
 *
 * `undecidedFromMs` says where utterances may still begin or end: the start of the open one, else how far the voice
 * has been followed; `Infinity` when no more voice is expected.
 */
export class LateTranscripts<U extends SpokenRange> {
  readonly #onDrop: () => void;
  readonly #entries: Entry<U>[] = [];
  #waiting: TranscriptSegment[] = [];

  constructor(onDrop: () => void) {
    this.#onDrop = onDrop;
  }

  /** Segments that no utterance has yet, by arrival. */
  get waiting(): readonly TranscriptSegment[] {
    return this.#waiting;
  }

  /** Characters of the words that are held. */
  get characters(): number {
    let count = 0;
    for (const { text } of this.#waiting) count += text.length;
    for (const { segments } of this.#entries) for (const { text } of segments.values()) count += text.length;
    return count;
  }

  /** Takes a final segment; returns the closed utterances whose words it changed. */
  add(segment: TranscriptSegment, undecidedFromMs: number): U[] {
    const holder = this.#entries.find(({ segments }) => segments.has(segment.segmentId));
    const before = holder?.segments.get(segment.segmentId);
    if (before !== undefined && isSame(before, segment)) {
      return [];
    }
    this.#waiting = this.#waiting.filter(({ segmentId }) => segmentId !== segment.segmentId);
    this.#waiting.push(segment);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#onDrop();
    }
    holder?.segments.delete(segment.segmentId);
    const revised = new Set(this.settle(undecidedFromMs));
    if (holder !== undefined) {
      revised.add(holder.utterance);
    }
    return [...revised];
  }

  /** An utterance has closed. Returns the others whose words changed with it. */
  close(utterance: U, undecidedFromMs: number): U[] {
    this.#entries.push({ utterance, segments: new Map() });
    while (this.#entries.length > MAX_UTTERANCES || this.#entries[0]!.utterance.endMs < utterance.endMs - MAX_AGE_MS) {
      this.#entries.shift();
    }
    return this.settle(undecidedFromMs).filter((revised) => revised !== utterance);
  }

  /** Gives waiting words their place as far as it is certain. Returns the closed utterances whose words changed. */
  settle(undecidedFromMs: number): U[] {
    const revised = new Set<U>();
    this.#waiting = this.#waiting.filter((segment) => {
      const place = this.#place(segment, undecidedFromMs);
      if (place === 'wait') {
        return true;
      }
      if (place === null || isFull(place, segment)) {
        this.#onDrop();
      } else {
        place.segments.set(segment.segmentId, segment);
        revised.add(place.utterance);
      }
      return false;
    });
    return [...revised];
  }

  /** Where a final segment of this range would go now. Decides nothing. */
  placeOf(range: SpokenRange, undecidedFromMs: number): WordsPlace {
    const place = this.#place(range, undecidedFromMs);
    return place === 'wait' ? 'undecided' : place === null ? 'nowhere' : 'closed';
  }

  /** The words of a closed utterance, by start. */
  transcriptOf(utterance: U): TranscriptSegment[] {
    const segments = this.#entries.find((entry) => entry.utterance === utterance)?.segments.values() ?? [];
    return [...segments].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  }

  #place(segment: SpokenRange, undecidedFromMs: number): Entry<U> | 'wait' | null {
    let best: Entry<U> | null = null;
    let bestOverlapMs = 0;
    let bestDistanceMs = TOLERANCE_MS;
    for (const entry of this.#entries) {
      const overlap = overlapMs(entry.utterance, segment);
      const distance = distanceMs(entry.utterance, segment);
      if (overlap > bestOverlapMs || (bestOverlapMs === 0 && distance < bestDistanceMs)) {
        best = entry;
        bestOverlapMs = overlap;
        bestDistanceMs = distance;
      }
    }
    const undecidedMs = segment.endMs - Math.max(segment.startMs, undecidedFromMs);
    if (undecidedMs > bestOverlapMs) {
      return 'wait';
    }
    if (bestOverlapMs === 0 && undecidedFromMs - segment.endMs < Math.min(bestDistanceMs, TOLERANCE_MS)) {
      return 'wait';
    }
    return best;
  }
}

function overlapMs(range: SpokenRange, segment: SpokenRange): number {
  return Math.max(0, Math.min(range.endMs, segment.endMs) - Math.max(range.startMs, segment.startMs));
}

function distanceMs(range: SpokenRange, segment: SpokenRange): number {
  return Math.max(range.startMs - segment.endMs, segment.startMs - range.endMs, 0);
}

/** Whether the utterance holds too many words for these. */
function isFull({ segments }: Entry<SpokenRange>, { segmentId, text }: TranscriptSegment): boolean {
  if (segments.size >= MAX_SEGMENTS && !segments.has(segmentId)) return true;
  let characters = text.length;
  for (const held of segments.values()) characters += held.text.length;
  return characters > MAX_CHARACTERS && segments.size > 0;
}

function isSame(a: TranscriptSegment, b: TranscriptSegment): boolean {
  return a.text === b.text && a.startMs === b.startMs && a.endMs === b.endMs;
}

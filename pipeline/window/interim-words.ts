import type { TranscriptSegment } from '../media/media-frame.ts';

/** Where the final words of a segment would go, as far as it is known: see {@link LateTranscripts.placeOf}. */
export type WordsPlace = 'closed' | 'undecided' | 'nowhere';

/** An interim segment's id and range. Its text is a guess and goes no further. */
export interface InterimRange {
  readonly segmentId: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Segments that wait for their turn to open an utterance, and segments remembered as settled. */
const MAX_WAITING = 16;
const MAX_SETTLED = 256;

/**
 * Interim segments of one participant that may still open an utterance. Each id has one chance, over the shortest range
 * that it was told with; a segment whose final words came first has none. Pure and bounded: the oldest go.
 */
export class InterimWords {
  readonly #waiting = new Map<string, InterimRange>();
  readonly #settled = new Set<string>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  add({ segmentId, startMs, endMs }: TranscriptSegment): void {
    if (this.#settled.has(segmentId)) return;
    const known = this.#waiting.get(segmentId);
    const range = {
      segmentId,
      startMs: Math.min(startMs, known?.startMs ?? startMs),
      endMs: Math.min(endMs, known?.endMs ?? endMs),
    };
    this.#waiting.set(segmentId, range);
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!);
  }

  /** Final words came: the guess that waits, if any, is decided with them or before; later guesses count for nothing. */
  addFinal({ segmentId, endMs }: TranscriptSegment): void {
    this.#settle(segmentId);
    const known = this.#waiting.get(segmentId);
    if (known !== undefined) this.#waiting.set(segmentId, { ...known, endMs: Math.min(endMs, known.endMs) });
  }

  /**
   * The segment to open an utterance with, by start; null while there is none. `placeOf` tells where its final words
   * would go: those of closed utterances are forgotten.
   *
   * @param opensWhen - the place at which a segment opens; at the other one it waits or, after that, is forgotten
   */
  take(placeOf: (range: InterimRange) => WordsPlace, opensWhen: readonly WordsPlace[]): InterimRange | null {
    const ranges = [...this.#waiting.values()].sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
    for (const range of ranges) {
      const place = placeOf(range);
      const opens = opensWhen.includes(place);
      if (!opens && place === 'undecided') continue;
      this.#waiting.delete(range.segmentId);
      this.#settle(range.segmentId);
      if (opens) return range;
    }
    return null;
  }

  /** Forgets what waits: no final words came for it in time. */
  expire(): void {
    this.#waiting.clear();
  }

  #settle(segmentId: string): void {
    this.#settled.add(segmentId);
    if (this.#settled.size > MAX_SETTLED) this.#settled.delete(this.#settled.values().next().value!);
  }
}

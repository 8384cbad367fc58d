/** A word as a recogniser tells it, in its own time. */
export interface RecognizedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** A stretch of words as a recogniser tells it, in its own time. */
export interface RecognizedSegment {
  /** The recogniser's id of the segment; null where it has none, and a segment is known by where it starts. */
  readonly id: string | null;
  /** Counted from 0. */
  readonly channel: number;
  /** Null where it is not told: the segment follows the final one before it. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly text: string;
  /** False for a guess that a later message replaces. */
  readonly final: boolean;
  /** With their times, by start; empty where they are not told. */
  readonly words: readonly RecognizedWord[];
}

/**
 * Reads one message of a recogniser: what it says of words, which may be nothing; null where it is no message of this
 * recogniser. Pure.
 */
export type ReadRecognized = (message: unknown) => RecognizedSegment[] | null;

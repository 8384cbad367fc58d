/** A word in the recogniser's own time. */
export interface RecognizedWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The recogniser's label of who spoke it. Absent: it gives none per word. */
  readonly speaker?: string;
}

/** A piece of a transcript in the recogniser's own time. */
export interface RecognizedSegment {
  /** The recogniser's id of the segment. Null if it gives none: the start then identifies the segment. */
  readonly id: string | null;
  /** Counted from 0. */
  readonly channel: number;
  /** Null if the recogniser gives none: the segment then follows the previous final one. */
  readonly startMs: number | null;
  readonly endMs: number | null;
  readonly text: string;
  /** False for interim words that a later message replaces. */
  readonly final: boolean;
  /** With their times, sorted by start. Empty if the recogniser gives no times. */
  readonly words: readonly RecognizedWord[];
  /** The recogniser's label of who spoke. Absent or null: it gives none, or each word has its own. */
  readonly speaker?: string | null;
  /** The next final segment with this id replaces this one, whatever its words are. Default: only if they are alike. */
  readonly revisable?: boolean;
}

/**
 * Reads one message of a recogniser. Returns its segments, which may be none, or null if it is not a message of this
 * recogniser. Pure.
 */
export type ReadRecognized = (message: unknown) => RecognizedSegment[] | null;

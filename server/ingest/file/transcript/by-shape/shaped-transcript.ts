import type { RecognizedSegment } from '../../../transcripts/recognized-segment.ts';

/** A transcript that a reader of one shape understood. */
export interface ShapedTranscript {
  readonly segments: readonly RecognizedSegment[];
  /** How many channels the transcript says it covers. Absent: it does not say. */
  readonly channelCount?: number;
}

/** Reads a transcript of one shape. Null: the value has another shape. Pure. */
export type ReadShape = (value: unknown) => ShapedTranscript | null;

/** Most words that are read per list. They are those of a whole call. */
export const MAX_FILE_WORDS = 500_000;

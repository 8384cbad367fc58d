/** One piece of recognised text. */
export interface TranscriptCue {
  /** Ms since the recording's start. */
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
  /** The speaker's name or label in the file. Null: the file names none. */
  readonly speaker: string | null;
  /** The audio channel that the file says it is from, counted from 0. Absent: the file does not say. */
  readonly channel?: number;
  /** When each word was spoken, in order. Absent: the file does not say. */
  readonly words?: readonly TimedWord[];
}

export interface TimedWord {
  readonly text: string;
  /** Ms since the recording's start. */
  readonly startMs: number;
  readonly endMs: number;
}

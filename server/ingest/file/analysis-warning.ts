/** What kind of thing a warning tells. Programs may branch on it; the message is for people. */
export type AnalysisWarningCode =
  | 'audio-damaged'
  | 'channels-alike'
  | 'cue-skipped'
  | 'cues-beyond-sound'
  | 'cues-relabelled'
  | 'cues-without-voice'
  | 'media-left-out'
  | 'no-progress'
  | 'no-sound'
  | 'not-scored'
  | 'recording-truncated'
  | 'speaker-unknown'
  | 'speakers-swapped'
  | 'track-left-out'
  | 'transcript-offset'
  | 'video-damaged'
  | 'voices-told-apart'
  | 'voices-not-told-apart';

/** Something that a user should know about a recording or its transcript, although the analysis goes on. */
export interface AnalysisWarning {
  readonly code: AnalysisWarningCode;
  /** One line that says what happened and what to do. It holds no words of the call. */
  readonly message: string;
  /** Where in the recording, in ms since its start. Absent: the warning is about all of it. */
  readonly startMs?: number;
  readonly endMs?: number;
  /** The cues that it is about, with the times that the transcript gives them. */
  readonly cues?: readonly CueTime[];
}

/** When a cue of a transcript is, ms, as the transcript says. */
export interface CueTime {
  readonly startMs: number;
  readonly endMs: number;
}

/** Takes the warnings of one analysis, in the order in which they are found. */
export type Warn = (warning: AnalysisWarning) => void;

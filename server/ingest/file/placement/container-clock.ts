import type { TranscriptCue } from '../transcript-cue.ts';

/** Cues may begin this much before the first sound, ms. */
const EARLY_MS = 1000;

export interface RecordingClock {
  /** Time of the container's own clock at which the recording starts, ms. Default 0. */
  readonly clockStartMs?: number;
  readonly durationMs: number;
}

/**
 * Moves cues that count by the container's own clock, such as 10:00:01 in a broadcast, to the recording's. They are such
 * only if the recording is over before the first of them would begin.
 */
export function toRecordingClock(
  cues: readonly TranscriptCue[],
  { clockStartMs = 0, durationMs }: RecordingClock,
): readonly TranscriptCue[] {
  const firstMs = cues.reduce((first, { startMs }) => Math.min(first, startMs), Number.POSITIVE_INFINITY);
  if (clockStartMs === 0 || firstMs < durationMs || firstMs < clockStartMs - EARLY_MS) return cues;
  return cues.map((cue) => moveCue(cue, -clockStartMs));
}

/** The cue and its words, `byMs` later. Nothing begins before 0. */
export function moveCue(cue: TranscriptCue, byMs: number): TranscriptCue {
  if (byMs === 0) return cue;
  const move = <T extends { readonly startMs: number; readonly endMs: number }>(range: T): T => ({
    ...range,
    startMs: Math.max(0, range.startMs + byMs),
    endMs: Math.max(0, range.endMs + byMs),
  });
  return { ...move(cue), ...(cue.words && { words: cue.words.map(move) }) };
}

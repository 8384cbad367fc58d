import type { Warn } from '../analysis-warning.ts';
import type { TranscriptCue } from '../transcript-cue.ts';
import { estimateOffset, type LabelledCues } from './estimate-offset.ts';
import { stepsOf } from './voice-activity.ts';

/**
 * Estimates by how much a transcript's clock is off, and warns where it moves the cues.
 *
 * @param labels - what the transcript says of who speaks. Cues that are in no label may be anybody's.
 * @param voices - 1 per voiced step, per channel.
 * @returns what must be added to all times, ms.
 */
export function fitClock(
  transcript: readonly TranscriptCue[],
  labels: readonly LabelledCues[],
  voices: readonly Uint8Array[],
  warn: Warn,
): number {
  if (voices.length === 0 || transcript.length === 0) return 0;
  const anybody = voices[0]!.map((_, step) => (voices.some((voiced) => voiced[step] === 1) ? 1 : 0));
  const isLabelled = labels.reduce((count, { cues }) => count + cues.length, 0) === transcript.length;
  const groups = isLabelled ? labels : [{ cues: transcript.map(stepsOf), channel: voices.length }];
  const offsetMs = estimateOffset(groups, [...voices, anybody]);
  if (offsetMs === 0) return 0;
  const seconds = `${(Math.abs(offsetMs) / 1000).toFixed(1)} s`;
  warn({
    code: 'transcript-offset',
    message: `the transcript's clock is ${seconds} ${offsetMs < 0 ? 'late' : 'early'}; its words were moved by ${offsetMs < 0 ? '−' : '+'}${seconds}. --transcript-offset 0 leaves them where they are.`,
  });
  return offsetMs;
}

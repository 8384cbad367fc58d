import type { RecordingSurvey } from '../../../server/ingest/file/placement/survey-recording.ts';
import { STEP_MS } from '../../../server/ingest/file/placement/voice-activity.ts';
import type { TranscriptCue } from '../../../server/ingest/file/transcript-cue.ts';

/** Seconds of voice, half-open. */
export type Span = readonly [fromS: number, toS: number];

export interface ScriptedChannel {
  readonly voice: readonly Span[];
  /** Level of the voice, dB below full scale. Default −20. */
  readonly voiceDb?: number;
  /** Level of the rest. Default −60. */
  readonly floorDb?: number;
}

/** The survey of a recording in which each channel is voiced as scripted. */
export function surveyOf(seconds: number, channels: readonly ScriptedChannel[]): RecordingSurvey {
  const levelsDb = channels.map(({ voice, voiceDb = -20, floorDb = -60 }) =>
    Float32Array.from({ length: (seconds * 1000) / STEP_MS }, (_, step) => {
      const atS = ((step + 0.5) * STEP_MS) / 1000;
      return voice.some(([from, to]) => atS >= from && atS < to) ? voiceDb : floorDb;
    }),
  );
  return { levelsDb, sameAs: channels.map((_, index) => index) };
}

/** A cue of a transcript; its text tells when it was said. */
export function cueAt([fromS, toS]: Span, speaker: string | null, more: Partial<TranscriptCue> = {}): TranscriptCue {
  return { startMs: fromS * 1000, endMs: toS * 1000, text: `said at ${fromS}`, speaker, ...more };
}

/** Turns of irregular length that follow one another, for as many speakers, from a seed. */
export function turns(speakers: number, count: number, seed = 1): Span[][] {
  let state = seed;
  const random = () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const spans: Span[][] = Array.from({ length: speakers }, () => []);
  let atS = 1;
  for (let turn = 0; turn < count; turn++) {
    const endS = Math.round((atS + 1 + random() * 6) * 10) / 10;
    spans[turn % speakers]!.push([atS, endS]);
    atS = Math.round((endS + 0.3 + random() * 2) * 10) / 10;
  }
  return spans;
}

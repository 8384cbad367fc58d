import type { MediaFrame } from '../../../pipeline/index.ts';
import type { Utterance } from '../../../pipeline/window/utterance.ts';
import type { Warn } from '../../../server/ingest/file/analysis-warning.ts';
import type { AnalysisPlan } from '../../../server/ingest/file/placement/analysis-plan.ts';
import { CueAccount } from '../../../server/ingest/file/placement/cue-account.ts';
import type { Recording } from '../../../server/ingest/file/recording.ts';
import { plannedFrames } from '../../../server/ingest/file/recording-frames.ts';
import type { TranscriptCue } from '../../../server/ingest/file/transcript-cue.ts';
import { cutLive } from '../pipeline/cut-live.ts';

export interface CutUtterance {
  readonly utterance: Utterance;
  /** Its words in the end. */
  readonly text: string;
  /** Whether words were expected when it closed. */
  readonly isAwaited: boolean;
}

/** Cuts a recording into utterances as planned, with a model that hears loudness. */
export async function cutPlan(
  recording: Recording,
  plan: AnalysisPlan,
  transcript: readonly TranscriptCue[],
  warn: Warn,
): Promise<CutUtterance[]> {
  const account = new CueAccount(plan.cues, transcript);
  const frames: MediaFrame[] = [];
  for await (const frame of account.watch(plannedFrames(recording, plan))) frames.push(frame);
  const signals = await cutLive(frames, {
    stallMs: Number.POSITIVE_INFINITY,
    patienceMs: Number.POSITIVE_INFINITY,
    onDrop: (drop) => account.dropped({ stage: 'window', ...drop }),
  });
  account.close(warn);
  const utterances = new Map<string, CutUtterance>();
  for (const signal of signals) {
    if (signal.kind !== 'closed' && signal.kind !== 'transcribed') continue;
    const { utterance, transcript: segments, tracks } = signal;
    const text = segments.map((segment) => segment.text).join(' ');
    utterances.set(utterance.id, { utterance, text, isAwaited: tracks.text });
  }
  return [...utterances.values()];
}

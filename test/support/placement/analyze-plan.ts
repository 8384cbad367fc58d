import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { analyzeEmotion, UNOBSERVED } from '../../../pipeline/index.ts';
import type { Warn } from '../../../server/ingest/file/analysis-warning.ts';
import type { AnalysisPlan } from '../../../server/ingest/file/placement/analysis-plan.ts';
import { CueAccount } from '../../../server/ingest/file/placement/cue-account.ts';
import type { Recording } from '../../../server/ingest/file/recording.ts';
import { plannedFrames } from '../../../server/ingest/file/recording-frames.ts';
import { runAnalysis } from '../../../server/ingest/file/run-analysis.ts';
import type { TranscriptCue } from '../../../server/ingest/file/transcript-cue.ts';
import { scriptedModels, unreadablePicture } from '../pipeline/scripted-models.ts';

/** Analyzes a recording as planned, with models that hear loudness. */
export async function analyzePlan(
  recording: Recording,
  plan: AnalysisPlan,
  transcript: readonly TranscriptCue[],
  warn: Warn,
): Promise<EmotionEvent[]> {
  const events: EmotionEvent[] = [];
  const account = new CueAccount(plan.cues, transcript);
  const session = { sessionId: 'call', title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '' };
  const observer = { ...UNOBSERVED, dropped: account.dropped };
  const models = scriptedModels();
  await runAnalysis({
    frames: account.watch(plannedFrames(recording, plan)),
    analysis: (onPending) =>
      analyzeEmotion({ session, models, decodeImage: unreadablePicture, recorded: true, observer, onPending }),
    onResult: (event) => events.push(event),
    warn,
  });
  account.close(warn);
  return events;
}

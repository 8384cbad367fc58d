import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import type { Models } from '../../models/index.ts';
import { analyzeEmotion, type PipelineObserver } from '../../pipeline/index.ts';
import type { Warn } from '../ingest/file/analysis-warning.ts';
import type { AnalysisPlan } from '../ingest/file/placement/analysis-plan.ts';
import { CueAccount } from '../ingest/file/placement/cue-account.ts';
import type { Recording } from '../ingest/file/recording.ts';
import { plannedFrames } from '../ingest/file/recording-frames.ts';
import { runAnalysis } from '../ingest/file/run-analysis.ts';
import type { TranscriptCue } from '../ingest/file/transcript-cue.ts';
import { decodeImage } from '../ingest/pictures/decode-picture.ts';
import { newTraceparent } from '../sessions/traceparent.ts';
import { AnalysisAccount } from './analysis-account.ts';

export interface AnalyzeRecordingOptions {
  readonly recording: Recording;
  readonly title: string;
  readonly sessionId: string;
  readonly plan: AnalysisPlan;
  /** The words that the plan places. */
  readonly transcript: readonly TranscriptCue[];
  readonly models: Models;
  readonly signal: AbortSignal;
  readonly onEvent: (event: EmotionEvent) => void;
  /** Called with the media time that is analyzed so far, in ms. */
  readonly onProgress: (mediaTimeMs: number) => void;
  readonly warn: Warn;
}

/** Runs a recording through the pipeline of live calls, as fast as possible. */
export async function analyzeRecording(options: AnalyzeRecordingOptions): Promise<void> {
  const { recording, plan, transcript, models, signal, onEvent, onProgress, warn } = options;
  const session = {
    sessionId: options.sessionId,
    title: options.title,
    startedAt: new Date().toISOString(),
    traceparent: newTraceparent(),
  };
  const account = new CueAccount(plan.cues, transcript);
  const problems = new AnalysisAccount();
  const observer: PipelineObserver = {
    failed: (failure) => problems.failed(failure),
    dropped: (drop) => {
      account.dropped(drop);
      problems.dropped(drop);
    },
  };
  await runAnalysis({
    frames: account.watch(plannedFrames(recording, plan)),
    analysis: (onPending) => analyzeEmotion({ session, models, decodeImage, recorded: true, observer, onPending }),
    onResult: onEvent,
    onProgress,
    warn,
    signal,
  });
  account.close(warn);
  problems.close(warn);
}

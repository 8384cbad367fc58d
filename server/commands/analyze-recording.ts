import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { EmotionEvent } from '../../client-sdk/protocol/index.ts';
import type { Models } from '../../models/index.ts';
import { analyzeEmotion, UNOBSERVED } from '../../pipeline/index.ts';
import type { Warn } from '../ingest/file/analysis-warning.ts';
import { parseTranscript, type TranscriptFormat } from '../ingest/file/parse-transcript.ts';
import type { AnalysisPlan } from '../ingest/file/placement/analysis-plan.ts';
import { CueAccount } from '../ingest/file/placement/cue-account.ts';
import type { Recording } from '../ingest/file/recording.ts';
import { RecordingError } from '../ingest/file/recording-error.ts';
import { plannedFrames } from '../ingest/file/recording-frames.ts';
import { runAnalysis } from '../ingest/file/run-analysis.ts';
import type { TranscriptCue } from '../ingest/file/transcript-cue.ts';
import { decodeImage } from '../ingest/pictures/decode-picture.ts';
import { newTraceparent } from '../sessions/traceparent.ts';

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
  const observer = { ...UNOBSERVED, dropped: account.dropped };
  await runAnalysis({
    frames: account.watch(plannedFrames(recording, plan)),
    analysis: (onPending) => analyzeEmotion({ session, models, decodeImage, recorded: true, observer, onPending }),
    onResult: onEvent,
    onProgress,
    warn,
    signal,
  });
  account.close(warn);
}

const FORMATS: Readonly<Record<string, TranscriptFormat>> = { '.vtt': 'vtt', '.srt': 'srt', '.json': 'json' };

/** @throws RecordingError `transcript-unreadable` */
export async function readTranscript(path: string): Promise<TranscriptCue[]> {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format === undefined) throw RecordingError.transcript(path, 'expected a name that ends in .vtt, .srt or .json');
  const source = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw RecordingError.transcript(path, cause.code === 'ENOENT' ? 'no such file' : 'it cannot be opened', cause);
  });
  return parseTranscript(source, format, path);
}

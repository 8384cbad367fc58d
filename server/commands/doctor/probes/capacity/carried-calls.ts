import { setTimeout as sleep } from 'node:timers/promises';
import { lastValueFrom, Subject } from 'rxjs';
import type { Models } from '../../../../../models/index.ts';
import { analyzeEmotion, type MediaFrame } from '../../../../../pipeline/index.ts';
import { AnalysisPace } from '../../../../ingest/file/replay-frames.ts';
import { decodeImage } from '../../../../ingest/pictures/decode-picture.ts';
import { newTraceparent } from '../../../../sessions/traceparent.ts';

/** How far frames may run ahead of the analysis, in ms of media. */
const AHEAD_MS = 2000;

export interface CarriedCallsOptions {
  readonly models: Models;
  readonly frames: readonly MediaFrame[];
  /** Calls that are analyzed at the same time, each as fast as possible. */
  readonly callCount: number;
  /** Time before the measurement in which code and models warm up, in ms. */
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

/**
 * Measures how many seconds of calls this machine analyzes per second. It could analyze that many calls in real time,
 * with nothing to spare.
 */
export async function carriedCalls(options: CarriedCallsOptions): Promise<number> {
  const stop = new AbortController();
  const analyzedMs = new Float64Array(options.callCount);
  const calls = Promise.all(
    Array.from(analyzedMs, (_, index) =>
      repeatCall(options, `capacity-${index}`, stop.signal, (ms) => {
        analyzedMs[index] = ms;
      }),
    ),
  );
  try {
    await Promise.race([sleep(options.warmUpMs), calls]);
    const startMs = performance.now();
    const before = sum(analyzedMs);
    await Promise.race([sleep(options.measuredMs), calls]);
    return (sum(analyzedMs) - before) / (performance.now() - startMs);
  } finally {
    stop.abort();
    await calls;
  }
}

/** Analyzes the call repeatedly until the signal aborts. */
async function repeatCall(
  { models, frames }: CarriedCallsOptions,
  sessionId: string,
  signal: AbortSignal,
  onAnalyzed: (totalMs: number) => void,
): Promise<void> {
  let totalMs = 0;
  while (!signal.aborted) {
    let analyzedMs = 0;
    await playOnce(models.forSession(sessionId), frames, sessionId, signal, (mediaTimeMs) => {
      // The end of the last track is reported as infinity.
      if (Number.isFinite(mediaTimeMs)) analyzedMs = mediaTimeMs;
      onAnalyzed(totalMs + analyzedMs);
    });
    totalMs += analyzedMs;
  }
}

async function playOnce(
  models: ReturnType<Models['forSession']>,
  frames: readonly MediaFrame[],
  sessionId: string,
  signal: AbortSignal,
  onProgress: (mediaTimeMs: number) => void,
): Promise<void> {
  const pace = new AnalysisPace(AHEAD_MS);
  const media = new Subject<MediaFrame>();
  const session = { sessionId, title: null, startedAt: new Date().toISOString(), traceparent: newTraceparent() };
  const analysis = lastValueFrom(
    media.pipe(
      analyzeEmotion({
        session,
        models,
        decodeImage,
        recorded: true,
        onProgress: (mediaTimeMs) => {
          pace.progress(mediaTimeMs);
          onProgress(mediaTimeMs);
        },
      }),
    ),
  );
  for (const frame of frames) {
    if (signal.aborted) break;
    if (frame.kind === 'audio' || frame.kind === 'video') await pace.pace(frame.startMs);
    media.next(owned(frame));
  }
  media.complete();
  await analysis;
}

/** A frame that the pipeline may keep. Audio is copied, because several sessions play the same frames. */
function owned(frame: MediaFrame): MediaFrame {
  return frame.kind === 'audio' ? { ...frame, samples: frame.samples.slice() } : frame;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

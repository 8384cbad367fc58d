import { setTimeout as sleep } from 'node:timers/promises';
import { type MediaFrame, UNOBSERVED } from '../../../../../pipeline/index.ts';
import type { AnalysisShards } from '../../../../analysis/analysis-shards.ts';
import { runAnalysis } from '../../../../ingest/file/run-analysis.ts';
import { decodeImage } from '../../../../ingest/pictures/decode-picture.ts';
import { newTraceparent } from '../../../../sessions/traceparent.ts';

export interface CarriedCallsOptions {
  readonly shards: AnalysisShards;
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
  { shards, frames }: CarriedCallsOptions,
  sessionId: string,
  signal: AbortSignal,
  onAnalyzed: (totalMs: number) => void,
): Promise<void> {
  let totalMs = 0;
  while (!signal.aborted) {
    let analyzedMs = 0;
    await playOnce(shards, frames, sessionId, signal, (mediaTimeMs) => {
      analyzedMs = mediaTimeMs;
      onAnalyzed(totalMs + analyzedMs);
    });
    totalMs += analyzedMs;
  }
}

async function playOnce(
  shards: AnalysisShards,
  frames: readonly MediaFrame[],
  sessionId: string,
  signal: AbortSignal,
  onProgress: (mediaTimeMs: number) => void,
): Promise<void> {
  const session = { sessionId, title: null, startedAt: new Date().toISOString(), traceparent: newTraceparent() };
  try {
    await runAnalysis({
      frames: ownedFrames(frames),
      analysis: (onPending) =>
        shards
          .place()
          .analyze(
            { session, recorded: true, wantsDecisions: false },
            { observer: UNOBSERVED, decodeImage, onPending },
          ),
      onResult: () => {},
      onProgress,
      signal,
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Frames that the pipeline may keep. Audio is copied, because several sessions play the same frames. */
function* ownedFrames(frames: readonly MediaFrame[]): Generator<MediaFrame> {
  for (const frame of frames) yield frame.kind === 'audio' ? { ...frame, samples: frame.samples.slice() } : frame;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

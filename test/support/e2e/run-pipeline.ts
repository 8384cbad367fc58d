import type { EmotionEvent } from '../../../client-sdk/index.ts';
import type { Models } from '../../../models/index.ts';
import {
  analyzeEmotion,
  type Clock,
  type MediaFrame,
  type PipelineDrop,
  systemClock,
  UNOBSERVED,
} from '../../../pipeline/index.ts';
import { runAnalysis } from '../../../server/ingest/file/run-analysis.ts';
import { decodeImage } from '../../../server/ingest/pictures/decode-picture.ts';

export interface RunPipelineOptions {
  readonly models: Models;
  /** Default: the system clock. */
  readonly clock?: Clock;
  readonly onDrop?: (drop: PipelineDrop) => void;
}

/** Runs one session in this process. It gets its frames in the given order, as fast as the analysis goes. */
export async function runPipeline(
  frames: Iterable<MediaFrame>,
  { models, clock = systemClock, onDrop }: RunPipelineOptions,
): Promise<EmotionEvent[]> {
  const events: EmotionEvent[] = [];
  const problems: string[] = [];
  const session = {
    sessionId: 'session',
    title: null,
    startedAt: '2026-01-01T00:00:00.000Z',
    traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`,
  };
  await runAnalysis({
    frames,
    analysis: (onPending) =>
      analyzeEmotion({
        session,
        models,
        decodeImage,
        clock,
        onPending,
        ...(onDrop && { observer: { ...UNOBSERVED, dropped: onDrop } }),
      }),
    onResult: (event) => events.push(event),
    warn: ({ message }) => problems.push(message),
  });
  if (problems.length > 0) throw new Error(problems.join('; '));
  return events;
}

import { lastValueFrom, Subject, toArray } from 'rxjs';
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
import { AnalysisPace } from '../../../server/ingest/file/replay-frames.ts';
import { decodeImage } from '../../../server/ingest/pictures/decode-picture.ts';

/** How far frames may run ahead of the analysis, in ms of media. Well below what the pipeline buffers. */
const AHEAD_MS = 2000;

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
  const pace = new AnalysisPace(AHEAD_MS);
  const media = new Subject<MediaFrame>();
  const events = lastValueFrom(
    media.pipe(
      analyzeEmotion({
        session: {
          sessionId: 'session',
          title: null,
          startedAt: '2026-01-01T00:00:00.000Z',
          traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`,
        },
        models,
        decodeImage,
        clock,
        onProgress: (mediaTimeMs) => pace.progress(mediaTimeMs),
        ...(onDrop && { observer: { ...UNOBSERVED, dropped: onDrop } }),
      }),
      toArray(),
    ),
  );
  for (const frame of frames) {
    if (frame.kind === 'audio' || frame.kind === 'video') await pace.pace(frame.startMs);
    media.next(frame);
  }
  media.complete();
  return events;
}

import { catchError, defer, EMPTY, type OperatorFunction, tap } from 'rxjs';
import type { EmotionEvent, SessionEndReason } from '../client-sdk/protocol/index.ts';
import type { SessionModels } from '../models/index.ts';
import { type SessionIdentity, toEmotionEvents } from './events/to-emotion-events.ts';
import { scoreUtterances } from './inference/score-utterances.ts';
import { type MeasureFeaturesOptions, measureFeatures } from './measure-features.ts';
import { systemClock } from './media/clock.ts';
import type { MediaFrame } from './media/media-frame.ts';

export interface AnalyzeEmotionOptions extends MeasureFeaturesOptions {
  readonly session: SessionIdentity;
  readonly models: SessionModels;
  /** Why the session ended, asked when the source completes. Default `completed`. */
  readonly endReason?: () => SessionEndReason;
}

/**
 * The whole way of one session: media frames in, emotion events out.
 * A source that fails ends the session with reason `failed`, after the utterances in flight.
 */
export function analyzeEmotion(options: AnalyzeEmotionOptions): OperatorFunction<MediaFrame, EmotionEvent> {
  const { session, models, endReason, clock = systemClock } = options;
  return (source) =>
    defer(() => {
      let failed = false;
      let durationMs = 0;
      return source.pipe(
        catchError(() => {
          failed = true;
          return EMPTY;
        }),
        tap((frame) => {
          durationMs = Math.max(durationMs, mediaEndMs(frame));
        }),
        measureFeatures(options),
        scoreUtterances({ model: models.emotion, clock }),
        toEmotionEvents({
          session,
          modelId: models.emotion.id,
          clock,
          ending: () => ({ reason: failed ? 'failed' : (endReason?.() ?? 'completed'), durationMs }),
        }),
      );
    });
}

/** Where a frame's media ends; words and bounds are promises, no media. */
function mediaEndMs(frame: MediaFrame): number {
  if (frame.kind === 'audio') return frame.startMs + (frame.samples.length * 1000) / frame.sampleRateHz;
  return frame.kind === 'video' ? frame.startMs : 0;
}

import { catchError, defer, EMPTY, type OperatorFunction, pipe, tap } from 'rxjs';
import type { EmotionEvent, SessionEndReason } from '../client-sdk/protocol/index.ts';
import type { SessionModels } from '../models/index.ts';
import { coalesceRevisions } from './coalesce-revisions.ts';
import { type SessionIdentity, toEmotionEvents } from './events/to-emotion-events.ts';
import { scoreUtterances } from './inference/score-utterances.ts';
import { type MeasureFeaturesOptions, measureUtterances } from './measure-features.ts';
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
  const { session, models, endReason, clock = systemClock, recorded = false, onDrop } = options;
  const onCoalesced = () => onDrop?.({ reason: 'revision-superseded', count: 1 });
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
        measureUtterances(options, (features) => {
          const score = pipe(features, scoreUtterances({ model: models.emotion, clock }));
          // Of a recording every revision is told: what is told must not depend on the speed of the machine.
          return recorded ? score : coalesceRevisions({ score, onCoalesced });
        }),
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

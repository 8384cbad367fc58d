import { catchError, defer, EMPTY, type OperatorFunction, pipe, tap } from 'rxjs';
import type { EmotionEvent, SessionEndReason } from '../client-sdk/protocol/index.ts';
import type { SessionModels } from '../models/index.ts';
import { type CoalesceRevisionsOptions, coalesceRevisions } from './coalesce-revisions.ts';
import { type SessionIdentity, type ToldBefore, toEmotionEvents } from './events/to-emotion-events.ts';
import type { FeatureSignal } from './features/utterance-features.ts';
import { scoreUtterances } from './inference/score-utterances.ts';
import type { ScoreSignal } from './inference/utterance-scores.ts';
import { type MeasureFeaturesOptions, measureUtterances } from './measure-features.ts';
import { systemClock } from './media/clock.ts';
import type { MediaFrame } from './media/media-frame.ts';
import { nameStage, type PipelineObserver, UNOBSERVED } from './support/pipeline-observer.ts';

export interface AnalyzeEmotionOptions extends MeasureFeaturesOptions {
  readonly session: SessionIdentity;
  readonly models: SessionModels;
  /** Why the session ended, asked when the source completes. Default `completed`. */
  readonly endReason?: () => SessionEndReason;
  /** What an earlier analysis of the session has told: this one goes on after it. Default: this is the first. */
  readonly toldBefore?: ToldBefore | undefined;
}

/**
 * Analyzes one session: media frames in, emotion events out. A source that fails ends the session with the reason
 * `failed`, after the utterances in flight. An error of a stage itself breaks the stream off with a {@link StageError}.
 */
export function analyzeEmotion(options: AnalyzeEmotionOptions): OperatorFunction<MediaFrame, EmotionEvent> {
  const { session, models, endReason, clock = systemClock, recorded = false, observer = UNOBSERVED } = options;
  const { toldBefore } = options;
  return (source) =>
    defer(() => {
      let failed = false;
      let durationMs = toldBefore?.durationMs ?? 0;
      return source.pipe(
        catchError((cause: unknown) => {
          failed = true;
          observer.failed({ stage: 'ingest', code: 'source-failed', cause });
          return EMPTY;
        }),
        tap((frame) => {
          durationMs = Math.max(durationMs, mediaEndMs(frame));
        }),
        measureUtterances(options, (features, onUnscored) => {
          const score = pipe(
            features,
            nameStage<FeatureSignal>('features'),
            scoreUtterances({ model: models.emotion, clock, onUnscored }),
            nameStage<ScoreSignal>('inference'),
          );
          // Every revision of a recording is scored: the result must not depend on the speed of the machine.
          return recorded ? score : coalesceRevisions({ score, onDrop: toDrop(observer) });
        }),
        tap((signal) => report(signal, observer)),
        toEmotionEvents({
          session,
          modelId: models.emotion.id,
          clock,
          toldBefore,
          ending: () => ({ reason: failed ? 'failed' : (endReason?.() ?? 'completed'), durationMs }),
        }),
        nameStage('events'),
      );
    });
}

function toDrop(observer: PipelineObserver): NonNullable<CoalesceRevisionsOptions['onDrop']> {
  return (reason, { utterance: { id, participant } }) =>
    observer.dropped({ stage: 'window', reason, count: 1, utteranceId: id, participantId: participant.id });
}

function report(signal: ScoreSignal, observer: PipelineObserver): void {
  if (signal.kind === 'opened') return;
  if (signal.kind === 'not-scored') {
    const { stage, code, utterance, revision, cause } = signal;
    const subject = { participantId: utterance.participant.id, utteranceId: utterance.id, revision };
    observer.failed({ stage, code, ...subject, ...(cause !== undefined && { cause }) });
    return;
  }
  const { utterance, revision } = signal.features;
  observer.decided?.({
    stage: 'inference',
    decision: 'scored',
    participantId: utterance.participant.id,
    utteranceId: utterance.id,
    revision,
    mediaTimeMs: utterance.endMs,
  });
}

/** Where a frame's media ends, in ms; 0 for words and bounds, which carry no media. */
function mediaEndMs(frame: MediaFrame): number {
  if (frame.kind === 'audio') return frame.startMs + (frame.samples.length * 1000) / frame.sampleRateHz;
  return frame.kind === 'video' ? frame.startMs : 0;
}

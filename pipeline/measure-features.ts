import { defer, type OperatorFunction } from 'rxjs';
import type { SessionModels } from '../models/index.ts';
import type { RevisionDropReason } from './coalesce-revisions.ts';
import { extractFeatures, type FeatureDropReason } from './features/extract-features.ts';
import type { FeatureSignal, UtteranceFeatures } from './features/utterance-features.ts';
import { type Clock, systemClock } from './media/clock.ts';
import type { MediaFrame } from './media/media-frame.ts';
import type { DecodeImage } from './media/rgb-image.ts';
import type { MemoryAccount } from './support/memory-account.ts';
import { nameStage, type PipelineDecision, type PipelineObserver, UNOBSERVED } from './support/pipeline-observer.ts';
import { type SyncDropReason, synchronize } from './sync/synchronize.ts';
import { cutUtterances } from './window/cut-utterances.ts';
import type { WindowDropReason } from './window/participant-lane.ts';
import type { UtteranceSignal } from './window/utterance.ts';

/** Media kept beyond the longest utterance: its closing silence, and what arrives while voice activity is computed. */
const TIMELINE_MARGIN_MS = 5000;
/** Wall-clock silence after which a live track counts as stalled, ms. */
const LIVE_STALL_MS = 1000;
/** How long a decision on a live call waits for pictures or for other participants, ms of wall-clock time. */
const LIVE_PATIENCE_MS = 250;
/** How long a closed utterance of a live call waits for its pictures to be searched, ms of wall-clock time. */
const LIVE_PICTURE_WAIT_MS = 3000;

/** Utterances whose features or scores are being computed at once, for a source that can wait. Fewer than the models queue. */
const MAX_UNSCORED = 16;

/** Every reason for which a stage leaves something out. */
export type PipelineDropReason = SyncDropReason | WindowDropReason | FeatureDropReason | RevisionDropReason;

export interface MeasureFeaturesOptions {
  readonly models: SessionModels;
  readonly decodeImage: DecodeImage;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** How far out of order media may arrive, ms of media time. Default 200. */
  readonly jitterMs?: number;
  /** Longest utterance, ms. Default 15 000. */
  readonly maxUtteranceMs?: number;
  /**
   * True for recorded media: nothing counts as stalled, however slow the machine is, and every decision waits for the
   * pictures that it needs. The source must bound or end each track. Default false.
   */
  readonly recorded?: boolean;
  /**
   * Called with the media time of the oldest media that is being worked on, in ms: voice that waits for its score, or a
   * picture that waits for its search. `Infinity`: nothing, so the analysis goes on only with more media. `-Infinity`:
   * too many utterances wait for their features or scores. It may repeat, rise or fall. A source that can wait
   * holds back what is some seconds later than this.
   */
  readonly onPending?: (fromMs: number) => void;
  /** Called with how much audio waits for its decision, in ms: the most of any participant. Beyond 20 s the oldest is lost. */
  readonly onBacklog?: (backlogMs: number) => void;
  /** Receives failures, drops and decisions of every stage. Default: nobody. */
  readonly observer?: PipelineObserver;
  /** Counts the bytes that are held. Default: not counted. */
  readonly memory?: MemoryAccount;
}

/** The way from media frames to the features of each utterance. */
export function measureFeatures(options: MeasureFeaturesOptions): OperatorFunction<MediaFrame, FeatureSignal> {
  return measureUtterances(options, (features) => features);
}

/**
 * As {@link measureFeatures}. `wrap` receives the feature stage and returns everything that follows the window stage. It
 * tells `onUnscored` when it begins (1) and ends (−1) to work on an utterance.
 */
export function measureUtterances<R>(
  options: MeasureFeaturesOptions,
  wrap: (
    features: OperatorFunction<UtteranceSignal, FeatureSignal>,
    onUnscored: (change: number) => void,
  ) => OperatorFunction<UtteranceSignal, R>,
): OperatorFunction<MediaFrame, R> {
  const { models, decodeImage, clock = systemClock, jitterMs = 200, maxUtteranceMs = 15_000 } = options;
  const { onPending, onBacklog, observer = UNOBSERVED, recorded = false, memory } = options;
  const counted = memory && { memory };
  const stallMs = recorded ? Number.POSITIVE_INFINITY : LIVE_STALL_MS;
  const patienceMs = recorded ? Number.POSITIVE_INFINITY : LIVE_PATIENCE_MS;
  return (source) =>
    defer(() => {
      let voicesFromMs = Number.POSITIVE_INFINITY;
      let picturesFromMs = Number.POSITIVE_INFINITY;
      let unscored = 0;
      const report = (): void =>
        onPending?.(unscored >= MAX_UNSCORED ? Number.NEGATIVE_INFINITY : Math.min(voicesFromMs, picturesFromMs));
      const onUnscored = (change: number): void => {
        unscored += change;
        report();
      };
      return source.pipe(
        synchronize({
          clock,
          jitterMs,
          stallMs,
          onDrop: (drop) => observer.dropped({ stage: 'sync', ...drop }),
          onStall: (track) => observer.decided?.({ stage: 'sync', decision: 'track-stalled', ...track }),
          ...counted,
        }),
        nameStage('sync'),
        cutUtterances({
          voiceActivity: models.voiceActivity,
          clock,
          maxUtteranceMs,
          stallMs,
          patienceMs,
          timelineMs: maxUtteranceMs + TIMELINE_MARGIN_MS,
          onPending: (fromMs) => {
            voicesFromMs = fromMs;
            report();
          },
          ...(onBacklog && { onBacklog }),
          onDrop: (drop) => observer.dropped({ stage: 'window', ...drop }),
          ...(observer.decided && {
            onDecision: (decision) => observer.decided?.({ stage: 'window', ...decision }),
          }),
          ...counted,
        }),
        nameStage('window'),
        wrap(
          extractFeatures({
            ...counted,
            voice: models.voice,
            faces: models.faces,
            language: models.language,
            needs: models.emotion,
            decodeImage,
            lookBackMs: maxUtteranceMs + TIMELINE_MARGIN_MS,
            clock,
            pictureWaitMs: recorded ? Number.POSITIVE_INFINITY : LIVE_PICTURE_WAIT_MS,
            onDrop: (drop) => observer.dropped({ stage: 'features', ...drop }),
            ...(observer.decided && { onMeasured: (features) => observer.decided?.(measured(features)) }),
            onPicturesProgress: (pendingFromMs) => {
              picturesFromMs = pendingFromMs;
              report();
            },
            onUnscored,
          }),
          onUnscored,
        ),
      );
    });
}

function measured({ utterance, revision, conditions, text }: UtteranceFeatures): PipelineDecision {
  const { audio, video, text: words } = conditions;
  return {
    stage: 'features',
    decision: 'measured',
    participantId: utterance.participant.id,
    utteranceId: utterance.id,
    revision,
    details: {
      text: words.reason ?? words.state,
      audio: audio.state,
      video: video.state,
      audioQuality: audio.quality,
      videoQuality: video.quality,
      characters: text?.length ?? 0,
    },
  };
}

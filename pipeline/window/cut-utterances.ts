import { Observable, type OperatorFunction, type Subscription } from 'rxjs';
import type { VoiceActivityModel } from '../../models/index.ts';
import type { Clock } from '../media/clock.ts';
import type { MediaFrame, TrackOpened } from '../media/media-frame.ts';
import { guarded } from '../support/guarded.ts';
import { type MemoryAccount, UNCOUNTED } from '../support/memory-account.ts';
import { StallWatch } from '../sync/stall-watch.ts';
import { ParticipantLane, type WindowDropReason, type WindowReport } from './participant-lane.ts';
import { nextTurn } from './turn-order.ts';
import type { UtteranceSignal } from './utterance.ts';

export interface WindowDrop {
  readonly participantId: string;
  readonly reason: WindowDropReason;
  /** Images and transcript segments; for audio, frames of 32 ms. */
  readonly count: number;
  /** The error of the voice-activity model. Left out for other reasons. */
  readonly cause?: unknown;
  /** The transcript segments. Left out for other reasons. */
  readonly segmentIds?: readonly string[];
}

export interface CutUtterancesOptions {
  readonly voiceActivity: VoiceActivityModel;
  readonly clock: Clock;
  /** Longest utterance, in ms. Default 15 000. */
  readonly maxUtteranceMs?: number;
  /**
   * Silence that ends an utterance, in ms. Default 600: of 1200 acted sentences (RAVDESS, actors 1–20) it splits 4,
   * where 300 splits 24 and 700 splits 2.
   */
  readonly endSilenceMs?: number;
  /** Least voice that begins an utterance, in ms. Default 200. */
  readonly minSpeechMs?: number;
  /** How far an utterance reaches in front of its first voiced 32 ms, in ms. Default 120. */
  readonly preRollMs?: number;
  /** How much of each participant's newest media is kept, in ms. Default 20 000. */
  readonly timelineMs?: number;
  /** Most bytes of images kept a participant. Default 16 MiB. */
  readonly imageBytes?: number;
  /** Wall-clock silence after which a participant's audio no longer counts as open, in ms. Default 1000. `Infinity`: never. */
  readonly stallMs?: number;
  /**
   * How long, in ms of wall-clock time, a decision waits for slower participants, or for the utterance's own
   * pictures. Default 250. `Infinity`: until they come or end.
   */
  readonly patienceMs?: number;
  /**
   * How long an utterance that interim words opened waits for the next of them, or for final ones, in ms: of media time
   * while the participant's audio is followed, else of wall-clock time. Default 5000. `Infinity`: until the track ends.
   */
  readonly interimMs?: number;
  /**
   * Told the media time of the oldest audio that the voice-activity model works on, in ms, when it changes. `Infinity`:
   * it works on none, so nothing more is decided until more media comes.
   */
  readonly onPending?: (fromMs: number) => void;
  /**
   * Told how much audio waits for its decision, in ms: the most of any participant, each time some was added or decided.
   * A source that can wait keeps it well under `timelineMs`.
   */
  readonly onBacklog?: (backlogMs: number) => void;
  readonly onDrop?: (drop: WindowDrop) => void;
  /** Told each decision and its reason. Default: nobody reads them. */
  readonly onDecision?: (decision: WindowReport) => void;
  /** Counts what the lanes hold. Default: nobody counts. */
  readonly memory?: MemoryAccount;
}

/**
 * Cuts each participant's settled media (from the sync stage) into utterances. Each participant is handled separately.
 * Participants may speak at once. One that is missing, stalled or slow delays the others by at most one `patienceMs`.
 *
 * An utterance ends after `endSilenceMs` of silence, where final words end, at `maxUtteranceMs`, or with its track. Final
 * words that arrive after it closed revise it (`transcribed`). A participant without audio, or with stalled audio, gets
 * utterances from final words alone.
 *
 * Interim words open an utterance where their final words would find none: where no audio comes, or where the voice is too
 * quiet. Final words close it. A voice that begins before that takes it over. Without either, it ends where its interim
 * words end, after `interimMs`. Interim words cut no utterance, and their text is not kept.
 *
 * A participant's signals depend only on its media, not on the order of arrival within the jitter budget, if words arrive
 * before the decisions that they affect. Pictures interleave with audio as they arrive. Across participants, decisions come
 * in the order of media time, then of participant id. A participant that was given up on is the exception.
 *
 * When the source completes or fails, open utterances are closed with `track-end` first. Utterances that overlap in time
 * share their audio buffers: read them, do not write to them.
 */
export function cutUtterances(options: CutUtterancesOptions): OperatorFunction<MediaFrame, UtteranceSignal> {
  const { voiceActivity, clock, memory = UNCOUNTED } = options;
  const { onPending = () => {}, onBacklog = () => {}, onDrop = () => {}, onDecision } = options;
  const { stallMs = 1000, patienceMs = 250, interimMs = 5000, ...limits } = options;
  const { maxUtteranceMs = 15_000, endSilenceMs = 600, minSpeechMs = 200, preRollMs = 120 } = limits;
  const { timelineMs = 20_000, imageBytes = 16 * 1024 * 1024 } = limits;
  const lengths = { maxUtteranceMs, endSilenceMs, minSpeechMs, timelineMs, stallMs, patienceMs, interimMs };
  for (const [name, value] of Object.entries(lengths)) {
    if (!(value > 0)) {
      throw new RangeError(`${name} must be above zero, not ${value}`);
    }
  }
  if (!(timelineMs >= maxUtteranceMs + endSilenceMs)) {
    throw new RangeError('timelineMs must be at least maxUtteranceMs plus endSilenceMs');
  }
  return (source) =>
    new Observable<UtteranceSignal>((subscriber) => {
      const laneOfParticipant = new Map<string, ParticipantLane>();
      const lanes: ParticipantLane[] = [];
      const laneOfTrack = new Map<string, ParticipantLane>();
      const guard = guarded(subscriber);
      const guardedDrain = guard(drain);
      const stalls = new StallWatch<ParticipantLane>(
        clock.scheduler,
        stallMs,
        guard((lane) => {
          lane.stall();
          drain();
        }),
        () => clock.now(),
      );
      const guesses = new StallWatch<ParticipantLane>(
        clock.scheduler,
        interimMs,
        guard((lane) => {
          lane.expireInterims();
          drain();
        }),
        () => clock.now(),
      );
      let patience: Subscription | null = null;
      let isDraining = false;
      let pendingFromMs = Number.POSITIVE_INFINITY;
      /** How the source ended, once it has. */
      let finish: (() => void) | null = null;

      function laneOf({ participant }: TrackOpened): ParticipantLane {
        let lane = laneOfParticipant.get(participant.id);
        if (lane === undefined) {
          lane = new ParticipantLane(participant, {
            voiceActivity,
            maxUtteranceMs,
            endSilenceMs,
            minSpeechMs,
            preRollMs,
            interimMs,
            timelineMs,
            imageBytes,
            emit: (signal) => subscriber.next(signal),
            now: () => clock.now(),
            onDrop: (reason, count, details) => onDrop({ participantId: participant.id, reason, count, ...details }),
            onDecision,
            memory,
          });
          laneOfParticipant.set(participant.id, lane);
          lanes.push(lane);
        }
        return lane;
      }

      function accept(frame: MediaFrame): void {
        if (frame.kind === 'track') laneOfTrack.set(frame.trackId, laneOf(frame));
        const lane = laneOfTrack.get(frame.trackId);
        if (lane === undefined) return;
        if (frame.kind === 'audio' || (frame.kind === 'track' && frame.media === 'audio')) stalls.arrived(lane);
        if (frame.kind === 'transcript' && !frame.final) guesses.arrived(lane);
        lane.take(frame);
        if (frame.kind === 'track') return;
        drain();
      }

      /** Lets the lanes decide in turn, as far as media and scores have come. */
      function drain(): void {
        if (isDraining || subscriber.closed) {
          return;
        }
        isDraining = true;
        let turn = nextTurn(lanes);
        while (turn.lane !== null && !subscriber.closed) {
          turn.lane.takeTurn();
          stopWaiting();
          turn = nextTurn(lanes);
        }
        isDraining = false;
        if (subscriber.closed) {
          return;
        }
        for (const lane of lanes) {
          lane.pump(guardedDrain);
        }
        if (turn.waitsFor.length === 0) {
          stopWaiting();
        } else if (patience === null && patienceMs !== Number.POSITIVE_INFINITY) {
          patience = clock.scheduler.schedule(guard(giveUp), patienceMs);
        }
        reportWork();
        completeIfDone();
      }

      function giveUp(): void {
        patience = null;
        for (const lane of nextTurn(lanes).waitsFor) {
          lane.giveUp();
        }
        drain();
      }

      function stopWaiting(): void {
        patience?.unsubscribe();
        patience = null;
      }

      function reportWork(): void {
        let oldestMs = Number.POSITIVE_INFINITY;
        let backlogMs = 0;
        for (const lane of lanes) {
          oldestMs = Math.min(oldestMs, lane.pendingFromMs);
          backlogMs = Math.max(backlogMs, lane.backlogMs);
        }
        onBacklog(backlogMs);
        if (oldestMs === pendingFromMs) return;
        pendingFromMs = oldestMs;
        onPending(oldestMs);
      }

      function completeIfDone(): void {
        if (finish === null || lanes.some((lane) => !lane.isDone)) {
          return;
        }
        for (const lane of lanes) {
          lane.finish();
        }
        finish();
      }

      function end(how: () => void): void {
        stalls.stop();
        guesses.stop();
        finish = how;
        for (const [trackId, lane] of laneOfTrack) {
          lane.take({ kind: 'bound', trackId, startMs: Number.POSITIVE_INFINITY });
        }
        drain();
      }

      subscriber.add(() => {
        stalls.stop();
        guesses.stop();
        stopWaiting();
      });
      subscriber.add(
        source.subscribe({
          next: guard(accept),
          error: guard((error: unknown) => end(() => subscriber.error(error))),
          complete: guard(() => end(() => subscriber.complete())),
        }),
      );
    });
}

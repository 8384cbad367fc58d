import { concat, defer, EMPTY, map, type Observable, type OperatorFunction, of } from 'rxjs';
import {
  type DissatisfactionScore,
  EMOTION_LABELS,
  type EmotionEvent,
  type EmotionLabel,
  type EmotionScore,
  MODALITIES,
  type Modality,
  type ModalityReport,
  type ModalityReports,
  SENTIMENT_CLASSES,
  type SentimentScore,
  type SessionEndReason,
} from '../../client-sdk/protocol/index.ts';
import type { ScoreSignal, UtteranceNotScored, UtteranceScored } from '../inference/utterance-scores.ts';
import type { Clock } from '../media/clock.ts';
import { round } from './round.ts';
import { toExplanation } from './to-explanation.ts';

export interface SessionIdentity {
  readonly sessionId: string;
  /** Epoch of the log that the events go into; missing without a log. */
  readonly epoch?: string;
  readonly title: string | null;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly traceparent: string;
}

export interface ToEmotionEventsOptions {
  readonly session: SessionIdentity;
  readonly modelId: string;
  readonly clock: Clock;
  /** Read once, when the source completes. */
  readonly ending: () => { readonly reason: SessionEndReason; readonly durationMs: number };
  /** What an earlier analysis of the session has told. Default: nothing, so `session.started` comes first. */
  readonly toldBefore?: ToldBefore | undefined;
}

/** What an earlier analysis of the same session has told. */
export interface ToldBefore {
  /** Sequence number of its last event. */
  readonly sequence: number;
  /** Utterances with a result or a failure. */
  readonly utteranceCount: number;
  /** Media time that it covered, in ms. */
  readonly durationMs: number;
}

/** The first event of a session. */
export function sessionStarted(session: SessionIdentity, modelId: string): EmotionEvent {
  const { startedAt, title } = session;
  return inEnvelope(session, 1, { type: 'session.started', mediaTimeMs: 0, startedAt, title, modelId });
}

type WithoutEnvelope<E> = E extends EmotionEvent ? Omit<E, 'sessionId' | 'epoch' | 'sequence' | 'traceparent'> : never;

/** Turns scores into the session's events: started first, ended last, a gapless sequence in between. */
export function toEmotionEvents(options: ToEmotionEventsOptions): OperatorFunction<ScoreSignal, EmotionEvent> {
  const { session, modelId, clock, toldBefore } = options;
  return (source) =>
    defer(() => {
      let sequence = toldBefore?.sequence ?? 1;
      let utteranceCount = toldBefore?.utteranceCount ?? 0;

      const started = toldBefore === undefined ? of(sessionStarted(session, modelId)) : EMPTY;
      const utterances = source.pipe(
        map((signal): WithoutEnvelope<EmotionEvent> => {
          if (signal.kind === 'opened') {
            const { utteranceId, participant, startMs } = signal;
            return { type: 'utterance.started', mediaTimeMs: startMs, utteranceId, participant, startMs };
          }
          const revision = signal.kind === 'scored' ? signal.features.revision : signal.revision;
          if (revision === 0) utteranceCount++;
          return signal.kind === 'scored' ? emotion(signal, modelId, clock.now()) : failed(signal);
        }),
      );
      const ended = defer((): Observable<WithoutEnvelope<EmotionEvent>> => {
        const { reason, durationMs } = options.ending();
        return of({ type: 'session.ended', mediaTimeMs: durationMs, reason, durationMs, utteranceCount });
      });

      const told = concat(utterances, ended).pipe(
        map((body) => {
          sequence++;
          return inEnvelope(session, sequence, body);
        }),
      );
      return concat(started, told);
    });
}

function inEnvelope(
  { sessionId, epoch, traceparent }: SessionIdentity,
  sequence: number,
  { type, mediaTimeMs, ...body }: WithoutEnvelope<EmotionEvent>,
): EmotionEvent {
  const log = epoch === undefined ? {} : { epoch };
  return { type, sessionId, ...log, sequence, mediaTimeMs, ...body, traceparent } as EmotionEvent;
}

function emotion({ features, scores, tokenWeights }: UtteranceScored, modelId: string, nowMs: number) {
  const { utterance } = features;
  const explanation = toExplanation(features.words, tokenWeights, scores.setContributions);
  return {
    type: 'utterance.emotion' as const,
    mediaTimeMs: utterance.endMs,
    utteranceId: utterance.id,
    participant: utterance.participant,
    revision: features.revision,
    startMs: utterance.startMs,
    endMs: utterance.endMs,
    endedBy: utterance.endedBy,
    emotion: toEmotionScore(scores),
    sentiment: toSentimentScore(scores.sentiment),
    ...(scores.dissatisfaction !== null && { dissatisfaction: toDissatisfaction(scores.dissatisfaction) }),
    modalities: toModalityReports(features.conditions, scores.contributions),
    transcript: features.text === null ? null : { text: features.text },
    ...(explanation !== null && { explanation }),
    modelId,
    latencyMs: round(nowMs - features.causedAtMs, 1),
  };
}

function failed({ utterance, revision, text, code, stage, message }: UtteranceNotScored) {
  return {
    type: 'utterance.failed' as const,
    mediaTimeMs: utterance.endMs,
    utteranceId: utterance.id,
    participant: utterance.participant,
    revision,
    startMs: utterance.startMs,
    endMs: utterance.endMs,
    code,
    stage,
    message,
    ...(text !== null && { transcript: { text } }),
  };
}

function toEmotionScore({ emotion: distribution, certain }: UtteranceScored['scores']): EmotionScore {
  let top = 0;
  const probabilities = {} as Record<EmotionLabel, number>;
  for (const [index, label] of EMOTION_LABELS.entries()) {
    probabilities[label] = round(distribution[index]!, 4);
    if (distribution[index]! > distribution[top]!) top = index;
  }
  const label = EMOTION_LABELS[top]!;
  return { label, ...(certain !== null && { certain }), confidence: probabilities[label], probabilities };
}

function toDissatisfaction({ probability, likely }: DissatisfactionScore): DissatisfactionScore {
  return { probability: round(probability, 4), likely };
}

function toSentimentScore(distribution: Float32Array): SentimentScore {
  let score = 0;
  for (const [index, value] of SENTIMENT_CLASSES.entries()) score += value * distribution[index]!;
  return { score: round(score, 3), probabilities: Array.from(distribution, (p) => round(p, 4)) };
}

function toModalityReports(
  conditions: UtteranceScored['features']['conditions'],
  contributions: Float32Array,
): ModalityReports {
  const report = (modality: Modality): ModalityReport => {
    const { state, quality, reason } = conditions[modality];
    return {
      state,
      contribution: round(contributions[MODALITIES.indexOf(modality)]!, 3),
      quality: quality === null ? null : round(quality, 2),
      ...(reason !== undefined && { reason }),
    };
  };
  const { baselineUtterances: utterances } = conditions.audio;
  const baseline = utterances !== undefined && { baseline: { utterances } };
  return { text: report('text'), audio: { ...report('audio'), ...baseline }, video: report('video') };
}

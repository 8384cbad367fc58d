import {
  type DissatisfactionScore,
  EMOTION_LABELS,
  type EmotionLabel,
  type Participant,
  type UtteranceEmotion,
  type UtteranceFailed,
  type UtteranceStarted,
} from '../../../client-sdk/protocol/index.ts';
import {
  emptySessionView,
  type ScoredUtterance,
  type SessionView,
} from '../../../server/dashboard/state/session-view.ts';
import { CUSTOMER } from './synthetic-call.ts';

const ENVELOPE = { sessionId: 's', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

/** Fields of an event that a test may set. The rest is filled in. */
export interface EventParts {
  readonly sequence: number;
  readonly startMs: number;
  readonly endMs?: number;
  readonly participant?: Participant;
  readonly revision?: number;
  readonly label?: EmotionLabel;
  readonly confidence?: number;
  readonly sentiment?: number;
  readonly certain?: boolean;
  readonly dissatisfaction?: DissatisfactionScore;
}

function parts(given: EventParts) {
  const { sequence, startMs, endMs = startMs + 1000, participant = CUSTOMER } = given;
  const utteranceId = `${participant.id}-${startMs}`;
  return { ...ENVELOPE, sequence, mediaTimeMs: endMs, utteranceId, participant, startMs };
}

export function started(given: EventParts): UtteranceStarted {
  return { ...parts(given), type: 'utterance.started' };
}

export function failed(given: EventParts): UtteranceFailed {
  const { endMs = given.startMs + 1000, revision = 0 } = given;
  return { ...parts(given), type: 'utterance.failed', revision, endMs, code: 'model-failed', message: 'It failed.' };
}

export function emotion(given: EventParts): UtteranceEmotion {
  const { endMs = given.startMs + 1000, revision = 0, label = 'neutral', confidence = 1, sentiment = 0 } = given;
  const { certain, dissatisfaction } = given;
  const rest = (1 - confidence) / (EMOTION_LABELS.length - 1);
  const probabilities = Object.fromEntries(
    EMOTION_LABELS.map((other) => [other, other === label ? confidence : rest]),
  ) as Record<EmotionLabel, number>;
  return {
    ...parts(given),
    type: 'utterance.emotion',
    revision,
    endMs,
    endedBy: 'silence',
    emotion: { label, ...(certain !== undefined && { certain }), confidence, probabilities },
    sentiment: { score: sentiment, probabilities: [0, 0, 0, 1, 0, 0, 0] },
    ...(dissatisfaction !== undefined && { dissatisfaction }),
    modalities: {
      text: { state: 'late', contribution: 0, quality: null },
      audio: { state: 'ok', contribution: 1, quality: 1 },
      video: { state: 'absent', contribution: 0, quality: null },
    },
    transcript: null,
    modelId: 'undertone-mini@0.1.0',
    latencyMs: 80,
  };
}

export function scored(given: Omit<EventParts, 'sequence'>): ScoredUtterance {
  const score = emotion({ ...given, sequence: 1 });
  const { utteranceId: id, participant, startMs, endMs } = score;
  return { id, participant, startMs, endMs, score, failure: null };
}

export function viewOf(changes: Partial<SessionView>): SessionView {
  return { ...emptySessionView('s'), ...changes };
}

import type { EmotionEvent, EmotionLabel, ParticipantRole } from '../../../client-sdk/protocol/index.ts';
import type { EventToStore, RunRecord } from '../../../server/history/history-store.ts';

/** What a participant says in a stored call. */
export interface Said {
  readonly participant?: string;
  readonly role?: ParticipantRole;
  readonly label?: EmotionLabel;
  readonly confidence?: number;
  /** Null: no words. */
  readonly text?: string | null;
  readonly revision?: number;
  /** Names the utterance that a higher revision replaces. Default: the start. */
  readonly startMs?: number;
}

export const DAY_MS = 86_400_000;
/** When stored calls start unless they say otherwise: 2026-01-01. */
export const START_MS = Date.UTC(2026, 0, 1);

/** A run as the server stores it. */
export function aRun(sessionId: string, changes: Partial<RunRecord> = {}): RunRecord {
  const startedAtMs = changes.startedAtMs ?? START_MS;
  return {
    sessionId,
    epoch: `epoch-of-${sessionId}`,
    state: 'ended',
    title: null,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    opener: 'anonymous',
    startedAtMs,
    endedAtMs: startedAtMs + 60_000,
    endReason: 'completed',
    participants: [],
    notices: [],
    utteranceCount: 0,
    lastSequence: 0,
    mediaTimeMs: 0,
    isComplete: true,
    ...changes,
  };
}

/** A call with its events: it starts, each utterance gets a result, and it ends if its run has. */
export function aCall(
  sessionId: string,
  said: readonly Said[],
  changes: Partial<RunRecord> = {},
): { readonly run: RunRecord; readonly events: readonly EventToStore[]; readonly told: readonly EmotionEvent[] } {
  const { epoch, traceparent, state } = aRun(sessionId, changes);
  const told: EmotionEvent[] = [];
  const tell = (body: object): void => {
    told.push({ ...body, sessionId, epoch, sequence: told.length + 1, traceparent } as unknown as EmotionEvent);
  };
  tell({ type: 'session.started', mediaTimeMs: 0, startedAt: '2026-01-01T00:00:00.000Z', title: null, modelId: 'm@1' });
  for (const [index, utterance] of said.entries()) tell(emotionOf(utterance, index));
  if (state === 'ended') {
    const utteranceCount = said.length;
    tell({ type: 'session.ended', mediaTimeMs: 0, reason: 'completed', durationMs: 0, utteranceCount });
  }
  const participants = [...new Map(said.map((one) => [one.participant ?? 'caller', one])).values()].map(
    ({ participant = 'caller', role = 'customer' }) => ({
      participant: { id: participant, role, displayName: null },
      holder: 'anonymous',
      isNamed: false,
      isRolePinned: false,
      isAnnounced: true,
    }),
  );
  const run = aRun(sessionId, { utteranceCount: said.length, lastSequence: told.length, participants, ...changes });
  const events = told.map((event) => ({
    sessionId,
    epoch,
    sequence: event.sequence,
    json: new TextEncoder().encode(JSON.stringify(event)),
  }));
  return { run, events, told };
}

function emotionOf(said: Said, index: number): object {
  const { participant = 'caller', role = 'customer', label = 'neutral', confidence = 0.8, text = null } = said;
  const startMs = said.startMs ?? index * 3000;
  const rest = Number(((1 - confidence) / 6).toFixed(4));
  const labels = ['anger', 'disgust', 'fear', 'joy', 'neutral', 'sadness', 'surprise'] as const;
  const report = { state: 'ok', contribution: 0.333, quality: 0.91 };
  return {
    type: 'utterance.emotion',
    mediaTimeMs: startMs + 1500,
    utteranceId: `${participant}-${startMs}`,
    participant: { id: participant, role, displayName: null },
    revision: said.revision ?? 0,
    startMs,
    endMs: startMs + 1500,
    endedBy: 'silence',
    emotion: {
      label,
      certain: confidence > 0.5,
      confidence,
      probabilities: Object.fromEntries(labels.map((name) => [name, name === label ? confidence : rest])),
    },
    sentiment: { score: -0.412, probabilities: [0.01, 0.02, 0.4, 0.3, 0.2, 0.05, 0.02] },
    dissatisfaction: { probability: 0.2512, likely: false },
    modalities: { text: report, audio: { ...report, baseline: { utterances: 3 } }, video: report },
    transcript: text === null ? null : { text },
    ...(text !== null && {
      explanation: { words: [{ start: 0, end: Math.min(4, text.length), weight: 1 }], sets: null },
    }),
    modelId: 'm@1',
    latencyMs: 91.2,
  };
}

import type { EmotionEvent, Participant, UtteranceEmotion } from '../../../client-sdk/protocol/index.ts';

export const SAMPLE_TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

const PARTICIPANT: Participant = { id: 'caller', role: 'customer', displayName: 'Ada' };

/** A valid event of one utterance, with `overrides`. */
export function sampleEmotion(overrides: Partial<UtteranceEmotion> = {}): UtteranceEmotion {
  return {
    type: 'utterance.emotion',
    sessionId: 'call-1',
    sequence: 3,
    mediaTimeMs: 2500,
    traceparent: SAMPLE_TRACEPARENT,
    utteranceId: 'caller-1000',
    participant: PARTICIPANT,
    revision: 0,
    startMs: 1000,
    endMs: 2500,
    endedBy: 'silence',
    emotion: {
      label: 'joy',
      confidence: 0.7,
      probabilities: { anger: 0.05, disgust: 0.05, fear: 0.05, joy: 0.7, neutral: 0.05, sadness: 0.05, surprise: 0.05 },
    },
    sentiment: { score: 1.2, probabilities: [0, 0.05, 0.05, 0.2, 0.3, 0.2, 0.2] },
    modalities: {
      text: { state: 'late', contribution: 0, quality: null },
      audio: { state: 'ok', contribution: 1, quality: 0.9 },
      video: { state: 'absent', contribution: 0, quality: null },
    },
    transcript: { text: 'That is wonderful.' },
    modelId: 'undertone-mini@0.1.0',
    latencyMs: 41.5,
    ...overrides,
  };
}

/** A whole session of exactly `count` events (at least 2), with sequences 1…count. */
export function sampleSession(count: number, sessionId = 'call-1'): EmotionEvent[] {
  const events: EmotionEvent[] = [];
  for (let sequence = 1; sequence <= count; sequence += 1) {
    const envelope = { sessionId, sequence, mediaTimeMs: sequence * 100, traceparent: SAMPLE_TRACEPARENT };
    if (sequence === 1) {
      const startedAt = '2026-11-20T10:00:00.000Z';
      events.push({ type: 'session.started', ...envelope, startedAt, title: null, modelId: 'undertone-mini@0.1.0' });
    } else if (sequence === count) {
      events.push({ type: 'session.ended', ...envelope, reason: 'completed', durationMs: 9000, utteranceCount: 1 });
    } else {
      events.push(sampleEmotion(envelope));
    }
  }
  return events;
}

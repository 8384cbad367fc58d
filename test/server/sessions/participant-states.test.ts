import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { ParticipantStates } from '../../../server/sessions/participant-states.ts';
import { anyEvent } from '../../support/server/any-event.ts';

const { sessionId, traceparent } = anyEvent(1);
const envelope = { sessionId, sequence: 1, mediaTimeMs: 0, traceparent };
const ann = { id: 'ann', role: 'customer', displayName: 'Ann' } as const;

const started = (utteranceId: string, startMs: number): EmotionEvent => ({
  type: 'utterance.started',
  ...envelope,
  utteranceId,
  participant: ann,
  startMs,
});

const scored = (utteranceId: string, startMs: number, score: number, revision = 0) =>
  ({
    type: 'utterance.emotion',
    ...envelope,
    utteranceId,
    participant: ann,
    revision,
    startMs,
    endMs: startMs + 500,
    emotion: { label: 'joy', certain: true, confidence: 0.8, probabilities: {} },
    sentiment: { score, probabilities: [] },
    transcript: { text: 'how kind' },
  }) as unknown as EmotionEvent;

function statesAfter(...events: EmotionEvent[]) {
  const states = new ParticipantStates();
  for (const event of events) states.take(event);
  return states.list();
}

describe('the states of participants', () => {
  it('tell who is speaking, and what the newest result was, without its words', () => {
    expect(statesAfter(started('u1', 0), scored('u1', 0, 1.5), started('u2', 900))).toEqual([
      {
        participantId: 'ann',
        speakingSinceMs: 900,
        latest: {
          utteranceId: 'u1',
          revision: 0,
          startMs: 0,
          endMs: 500,
          emotion: { label: 'joy', certain: true, confidence: 0.8 },
          sentiment: { score: 1.5 },
        },
        sentiments: [1.5],
      },
    ]);
  });

  it('take a revision in place of what it revises, also of an earlier utterance', () => {
    const [state] = statesAfter(scored('u1', 0, 1), scored('u2', 900, 2), scored('u1', 0, -1, 1));
    expect(state!.sentiments).toEqual([-1, 2]);
    expect(state!.latest!.utteranceId).toBe('u2');
  });

  it('keep the newest 24 sentiments', () => {
    const [state] = statesAfter(...Array.from({ length: 30 }, (_, i) => scored(`u${i}`, i * 1000, i / 10)));
    expect(state!.sentiments).toHaveLength(24);
    expect(state!.sentiments.at(-1)).toBe(2.9);
  });

  it('leave nobody speaking when the session has ended', () => {
    expect(statesAfter(started('u1', 0), anyEvent(9))[0]!.speakingSinceMs).toBeNull();
  });
});

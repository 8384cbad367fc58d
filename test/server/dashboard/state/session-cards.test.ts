import { describe, expect, it } from 'vitest';
import type { SessionSummary } from '../../../../client-sdk/protocol/index.ts';
import { sessionCards } from '../../../../server/dashboard/state/session-cards.ts';
import { CUSTOMER } from '../../../support/dashboard/synthetic-call.ts';

function summary(changes: Partial<SessionSummary>): SessionSummary {
  return {
    sessionId: 's',
    title: null,
    state: 'live',
    startedAt: '2026-01-01T10:00:00Z',
    endedAt: null,
    endReason: null,
    participants: [CUSTOMER],
    utteranceCount: 0,
    lastSequence: 0,
    mediaTimeMs: 0,
    ...changes,
  };
}

describe('the cards of the session list', () => {
  it('put live sessions first and newer ones before older ones', () => {
    const listed = [
      summary({ sessionId: 'ended', state: 'ended', startedAt: '2026-01-01T12:00:00Z' }),
      summary({ sessionId: 'older' }),
      summary({ sessionId: 'newer', startedAt: '2026-01-01T11:00:00Z' }),
    ];
    const ids = sessionCards(listed).map((card) => card.summary.sessionId);
    expect(ids).toEqual(['newer', 'older', 'ended']);
  });

  it('show the last emotion, who speaks, and where the mood is going', () => {
    const sentiments = [-2, -2, -1, 0, 1, 1];
    const latest = {
      utteranceId: 'u6',
      revision: 0,
      startMs: 10_000,
      endMs: 11_000,
      emotion: { label: 'joy', confidence: 0.7 },
      sentiment: { score: 1 },
    } as const;
    const states = [{ participantId: CUSTOMER.id, speakingSinceMs: 14_000, latest, sentiments }];
    const [participant] = sessionCards([summary({ states })])[0]!.participants;
    expect(participant).toEqual({ participant: CUSTOMER, latest, isSpeaking: true, sentiments, trend: 'rising' });
  });

  it('show a participant who has said nothing', () => {
    const [participant] = sessionCards([summary({ states: [] })])[0]!.participants;
    expect(participant).toMatchObject({ participant: CUSTOMER, latest: null, isSpeaking: false, sentiments: [] });
  });
});

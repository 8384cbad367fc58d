import { describe, expect, it } from 'vitest';
import type { SessionSummary } from '../../../../client-sdk/protocol/index.ts';
import {
  CARD_EVENTS,
  nextCardRead,
  sessionCards,
  updateCardViews,
} from '../../../../server/dashboard/state/session-cards.ts';
import { emotion, started } from '../../../support/dashboard/events.ts';
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
    const ids = sessionCards(listed, new Map()).map((card) => card.summary.sessionId);
    expect(ids).toEqual(['newer', 'older', 'ended']);
  });

  it('read only the newest events of a long session, then only what is new', () => {
    const long = summary({ lastSequence: 1000 });
    expect(nextCardRead(new Map(), long)).toBe(1000 - CARD_EVENTS);
    const events = [emotion({ sequence: 1000, startMs: 0 })];
    const views = updateCardViews(new Map(), [long], new Map([['s', { events, nextAfter: 1000 }]]));
    expect(nextCardRead(views, long)).toBeNull();
    expect(nextCardRead(views, summary({ lastSequence: 1003 }))).toBe(1000);
  });

  it('show the last emotion, who speaks, and where the mood is going', () => {
    const sentiments = [-2, -2, -1, 0, 1, 1];
    const events = [
      ...sentiments.map((sentiment, at) => emotion({ sequence: at + 1, startMs: at * 2000, sentiment, label: 'joy' })),
      started({ sequence: 7, startMs: 14_000 }),
    ];
    const listed = [summary({ lastSequence: 7 })];
    const views = updateCardViews(new Map(), listed, new Map([['s', { events, nextAfter: 7 }]]));
    const [participant] = sessionCards(listed, views)[0]!.participants;
    expect(participant).toMatchObject({ isSpeaking: true, sentiments, trend: 'rising' });
    expect(participant?.latest?.score.emotion.label).toBe('joy');
  });

  it('forget sessions that are no longer listed', () => {
    const views = updateCardViews(new Map(), [summary({ sessionId: 'gone' })], new Map());
    expect([...updateCardViews(views, [summary({})], new Map()).keys()]).toEqual(['s']);
  });
});

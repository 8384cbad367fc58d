import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/index.ts';
import { createSessionStore, type SessionStore } from '../../../client-sdk/subscribe/session-store.ts';
import { type SubscriberScript, sendAll, startEventServer } from '../../support/client-sdk/event-server.ts';
import { sampleEmotion, sampleSession } from '../../support/client-sdk/sample-events.ts';

const SUMMARY = {
  sessionId: 'call-1',
  title: null,
  state: 'live',
  startedAt: '2026-11-20T10:00:00.000Z',
  endedAt: null,
  endReason: null,
  participants: [],
  utteranceCount: 0,
  lastSequence: 0,
  mediaTimeMs: 0,
};
const BODIES = { '/v1/sessions/call-1': SUMMARY };
const AGENT = { id: 'agent', role: 'agent', displayName: null } as const;

/** Resolves once the store stands as asked for. */
function until(store: SessionStore, status: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => store.getSnapshot().status === status && resolve();
    store.subscribe(look);
    look();
  });
}

describe('a followed session', () => {
  it('holds the newest events, and each participant’s latest utterance by its highest revision', async () => {
    const events: EmotionEvent[] = [
      ...sampleSession(3).slice(0, 1),
      sampleEmotion({ sequence: 2, utteranceId: 'caller-1000', startMs: 1000 }),
      sampleEmotion({ sequence: 3, utteranceId: 'agent-2000', startMs: 2000, participant: AGENT }),
      sampleEmotion({ sequence: 4, utteranceId: 'caller-4000', startMs: 4000 }),
      sampleEmotion({ sequence: 5, utteranceId: 'caller-1000', startMs: 1000, revision: 1 }),
      sampleEmotion({ sequence: 6, utteranceId: 'caller-4000', startMs: 4000, revision: 1 }),
      { ...sampleSession(7).at(-1)!, sequence: 7 },
    ];
    await using server = await startEventServer({ events, bodies: BODIES });
    const seen: number[] = [];
    const store = createSessionStore('call-1', {
      url: server.url,
      maxEvents: 3,
      onEvent: ({ sequence }) => seen.push(sequence),
    });
    await until(store, 'ended');
    const { events: held, latest, error } = store.getSnapshot();
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(held.map(({ sequence }) => sequence)).toEqual([5, 6, 7]);
    expect([...latest].map(([id, { sequence }]) => [id, sequence])).toEqual([
      ['agent', 3],
      ['caller', 6],
    ]);
    expect(error).toBeNull();
  });

  it('connects again by itself after the last event, and says so meanwhile', async () => {
    const cut: SubscriberScript = (socket, _, events) => {
      socket.send(JSON.stringify(events[0]));
      setTimeout(() => socket.terminate(), 50);
    };
    await using server = await startEventServer({ events: sampleSession(4), scripts: [cut], bodies: BODIES });
    const store = createSessionStore('call-1', { url: server.url, reconnect: { initialDelayMs: 40 } });
    const statuses: string[] = [];
    store.subscribe(() => statuses.push(store.getSnapshot().status));
    await until(store, 'ended');
    expect(statuses.filter((status, i) => status !== statuses[i - 1])).toEqual([
      'live',
      'reconnecting',
      'live',
      'ended',
    ]);
    expect(server.subscriptions.map(({ afterSequence }) => afterSequence)).toEqual([0, 1]);
  });

  it('hangs up with its last listener and goes on where it was with the next', async () => {
    const stay: SubscriberScript = (socket, _, events) => socket.send(JSON.stringify(events[0]));
    await using server = await startEventServer({ events: sampleSession(4), scripts: [stay, sendAll], bodies: BODIES });
    const store = createSessionStore('call-1', { url: server.url });
    const first = await new Promise<() => void>((resolve) => {
      const unsubscribe = store.subscribe(() => store.getSnapshot().events.length === 1 && resolve(unsubscribe));
    });
    expect(server.connectionCount()).toBe(1);
    first();
    await expect.poll(() => server.connectionCount()).toBe(0);
    expect(store.getSnapshot().status).toBe('idle');
    await until(store, 'ended');
    expect(store.getSnapshot().events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['an unknown session', 'other', {}, 'unknown-session'],
    ['a session id that is none', 'a b', {}, undefined],
    ['an address that is none', 'call-1', { url: 'ftp://x' }, undefined],
  ])('fails with %s, for good', async (_, sessionId, options, code) => {
    await using server = await startEventServer({ bodies: BODIES });
    const store = createSessionStore(sessionId, { url: server.url, ...options });
    await until(store, 'failed');
    expect((store.getSnapshot().error as { code?: string }).code).toBe(code);
  });
});

import { describe, expect, it } from 'vitest';
import { createEmotionClient } from '../../../client-sdk/subscribe/emotion-client.ts';
import { startEventServer } from '../../support/client-sdk/event-server.ts';

describe('asking for sessions', () => {
  const SUMMARY = {
    sessionId: 'call-1',
    title: 'A call',
    state: 'live',
    startedAt: '2026-11-20T10:00:00Z',
    endedAt: null,
    endReason: null,
    participants: [],
    utteranceCount: 0,
    lastSequence: 1,
    mediaTimeMs: 0,
  };

  it('answers with the list and with one', async () => {
    const bodies = { '/v1/sessions': { sessions: [SUMMARY] }, '/v1/sessions/call-1': SUMMARY };
    await using server = await startEventServer({ bodies });
    expect(await createEmotionClient(server).listSessions()).toEqual([SUMMARY]);
    expect(await createEmotionClient(server).getSession('call-1')).toEqual(SUMMARY);
  });

  it('keeps a path prefix of the address', async () => {
    await using server = await startEventServer({ bodies: { '/undertone/v1/sessions': { sessions: [] } } });
    const url = `${server.url.replace('http:', 'ws:')}/undertone`;
    expect(await createEmotionClient({ url }).listSessions()).toEqual([]);
  });

  it('fails with a code', async () => {
    await using server = await startEventServer({ bodies: { '/v1/sessions': 'not JSON' } });
    await expect(createEmotionClient(server).getSession('nobody')).rejects.toMatchObject({ code: 'unknown-session' });
    await expect(createEmotionClient(server).listSessions()).rejects.toMatchObject({ code: 'protocol-violation' });
    await expect(createEmotionClient({ url: 'http://127.0.0.1:1' }).listSessions()).rejects.toMatchObject({
      code: 'connection-failed',
    });
  });

  it('stops when told to', async () => {
    await using server = await startEventServer({});
    await expect(createEmotionClient(server).listSessions({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

import { describe, expect, it } from 'vitest';
import { type EmotionEvent, parseEmotionEvent } from '../../client-sdk/protocol/index.ts';
import { openSession, type SessionPublisher } from '../../client-sdk/publish/session-publisher.ts';
import { createEmotionClient } from '../../client-sdk/subscribe/emotion-client.ts';
import { startCuttingProxy } from '../support/client-sdk/cutting-proxy.ts';
import { sampleEmotion } from '../support/client-sdk/sample-events.ts';
import { startTestServer, type TestServer } from '../support/server/test-server.ts';

const TOKEN = 'a-token-of-some-length';

async function withServer(options: Parameters<typeof startTestServer>[0], use: (server: TestServer) => Promise<void>) {
  const server = await startTestServer(options);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** Publishes `count` transcripts, each of which becomes one event. */
async function sayWords(session: SessionPublisher, count: number): Promise<void> {
  const track = await session.addTrack({ id: 'caller' }, { kind: 'transcript' });
  for (let index = 0; index < count; index += 1) {
    session.sendTranscript(track, { segmentId: `${index}`, startMs: index, endMs: index, text: 'yes', final: true });
  }
}

describe('the client and the real server', () => {
  it('pass a live call through a network that breaks, without losing or doubling an event', async () => {
    await withServer({}, async (server) => {
      const cuts = [100, 700, 2500, 1, 9000, 400];
      await using proxy = await startCuttingProxy(Number(new URL(server.url).port), cuts);
      const session = await openSession({ url: server.url, sessionId: 'call-1', title: 'A call' });
      const client = createEmotionClient({ url: proxy.url, reconnect: { initialDelayMs: 1 }, bufferSize: 16 });
      const events: EmotionEvent[] = [];
      const reading = (async () => {
        for await (const event of client.events('call-1')) events.push(event);
      })();
      await sayWords(session, 60);
      await session.end();
      await reading;

      expect(proxy.cutCount()).toBe(cuts.length);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(({ type }) => type === 'utterance.emotion')).toHaveLength(60);
      expect(events.at(-1)).toMatchObject({ type: 'session.ended', reason: 'completed' });

      const again: number[] = [];
      for await (const { sequence } of client.events('call-1', { afterSequence: events.length - 1 }))
        again.push(sequence);
      for await (const { sequence } of client.events('call-1', { afterSequence: events.length })) again.push(sequence);
      expect(again).toEqual([events.length]);
      expect(await client.getSession('call-1')).toMatchObject({ state: 'ended', lastSequence: events.length });
      expect((await client.listSessions()).map(({ sessionId }) => sessionId)).toEqual(['call-1']);
    });
  });

  it('pass on what an event tells of certainty, dissatisfaction and the voice, over WebSocket and over HTTP', async () => {
    const { modalities } = sampleEmotion();
    const told = {
      emotion: { ...sampleEmotion().emotion, certain: false },
      dissatisfaction: { probability: 0.6142, likely: true },
      modalities: { ...modalities, audio: { ...modalities.audio, baseline: { utterances: 7 } } },
    };
    await withServer({ script: { told } }, async (server) => {
      const session = await openSession({ url: server.url, sessionId: 'call-1' });
      await sayWords(session, 1);
      await session.end();
      const events: EmotionEvent[] = [];
      for await (const event of createEmotionClient({ url: server.url }).events('call-1')) events.push(event);
      const answer = await fetch(`${server.url}/v1/sessions/call-1/events`);
      const page = (await answer.json()) as { events: unknown[] };
      for (const found of [events, page.events.map(parseEmotionEvent)]) {
        expect(found.find(({ type }) => type === 'utterance.emotion')).toMatchObject(told);
      }
    });
  });

  it('say which events are gone', async () => {
    await withServer({ config: { eventLogEvents: 10 } }, async (server) => {
      const session = await openSession({ url: server.url, sessionId: 'call-1' });
      await sayWords(session, 40);
      await session.end();
      const client = createEmotionClient({ url: server.url });
      const reading = client.events('call-1')[Symbol.asyncIterator]().next();
      await expect(reading).rejects.toMatchObject({
        code: 'events-dropped',
        dropped: { fromSequence: 1, toSequence: 32 },
      });
    });
  });

  it('agree on the token, over WebSocket and over HTTP', async () => {
    await withServer({ config: { token: TOKEN } }, async (server) => {
      const { url } = server;
      for (const stranger of [{ url }, { url, token: 'another-token-of-length' }]) {
        const refusal = { code: 'unauthorized' };
        await expect(openSession(stranger)).rejects.toMatchObject(refusal);
        const client = createEmotionClient(stranger);
        await expect(client.events('call-1')[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
        await expect(client.listSessions()).rejects.toMatchObject(refusal);
      }
      const session = await openSession({ url, token: TOKEN });
      await session.end();
      expect(await createEmotionClient({ url, token: TOKEN }).listSessions()).toHaveLength(1);
    });
  });

  it('agree that a session is unknown', async () => {
    await withServer({}, async ({ url }) => {
      const client = createEmotionClient({ url });
      await expect(client.events('nobody')[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        code: 'unknown-session',
      });
      await expect(client.getSession('nobody')).rejects.toMatchObject({ code: 'unknown-session' });
    });
  });
});

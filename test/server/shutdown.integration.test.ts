import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../client-sdk/protocol/index.ts';
import { grantOfPlatform } from '../../server/access/grant.ts';
import { signToken } from '../../server/access/sign-token.ts';
import { directHistory } from '../support/history/direct-history.ts';
import { temporaryFolder } from '../support/recordings.ts';
import { Publisher, Subscriber } from '../support/server/peers.ts';
import { startTestServer } from '../support/server/test-server.ts';

const TOKEN = 'a-secret-of-some-length-and-more';
const SHUTDOWN = { code: CLOSE_CODES.shutdown.code, reason: 'shutdown' };

describe('a server that shuts down', () => {
  it('finishes the utterances in flight and tells them before it closes', async () => {
    const server = await startTestServer({ script: { scoringMs: 50 } });
    const publisher = await new Publisher(server.socketUrl).start('call');
    const subscriber = await new Subscriber(server.socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('utterance.started');
    await server.close();
    expect(await publisher.closed).toEqual(SHUTDOWN);
    await subscriber.closed;
    expect(await subscriber.untilType('utterance.emotion')).toMatchObject({ utteranceId: 'ann-0' });
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'shutdown', utteranceCount: 1 });
  });

  it('waits no longer than its grace for an analysis that hangs', async () => {
    const server = await startTestServer({ script: { scoringMs: 100_000 }, config: { shutdownGraceMs: 50 } });
    const publisher = await new Publisher(server.socketUrl).start('call');
    const subscriber = await new Subscriber(server.socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('utterance.started');
    const startedAt = performance.now();
    await server.close();
    expect(performance.now() - startedAt).toBeLessThan(50_000);
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'shutdown', utteranceCount: 0 });
  });

  it('takes no further publisher meanwhile, and says that it is not ready', async () => {
    const server = await startTestServer({ script: { scoringMs: 2000 } });
    const publisher = await new Publisher(server.socketUrl).start('call');
    const late = await new Publisher(server.socketUrl).opened();
    publisher.sendAudio(0);
    const subscriber = await new Subscriber(server.socketUrl).start('call');
    await subscriber.untilType('utterance.started');
    const closing = server.close();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    late.send({ type: 'session.start', version: 1 });
    expect(await late.closed).toEqual(SHUTDOWN);
    expect(await new Publisher(server.socketUrl).closed).toEqual(SHUTDOWN);
    await closing;
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });

  it('cuts a socket that does not answer', async () => {
    const server = await startTestServer();
    const publisher = await new Publisher(server.socketUrl).start('call');
    publisher.socket.pause();
    await server.close();
    publisher.socket.terminate();
  });

  it('cuts an event stream that nobody reads', async () => {
    const server = await startTestServer();
    const publisher = await new Publisher(server.socketUrl).start('call');
    const headers = { Accept: 'text/event-stream' };
    const response = await new Promise<IncomingMessage>((resolve) => {
      httpGet(`${server.url}/v1/sessions/call/events`, { headers }, resolve).on('error', () => {});
    });
    response.pause().on('error', () => {});
    publisher.send({ type: 'track.add', track: 2, participant: { id: 'ann' }, media: { kind: 'transcript' } });
    const text = 'word '.repeat(2000);
    for (let i = 0; i < 1000; i += 1) {
      publisher.send({ type: 'transcript', track: 2, segmentId: `${i}`, startMs: 0, endMs: 0, text, final: true });
    }
    const lastSequence = () => server.sessions.get('call')!.events.lastSequence;
    // More than the stream's buffers hold. A busy server refuses the rest.
    await expect.poll(lastSequence).toBeGreaterThan(300);
    await server.close();
  });

  it('may be asked twice', async () => {
    const server = await startTestServer();
    await Promise.all([server.close(), server.close()]);
  });
});

describe('a server that drains', () => {
  const PHONE = { scopes: ['publish'] as const };
  const drainGraceMs = 3_600_000;

  it('tells publishers to connect again, and lets calls go on that cannot', async () => {
    const server = await startTestServer({ config: { drainGraceMs } });
    const publisher = await new Publisher(server.socketUrl).start('from-sdk');
    const phone = server.sessions.open({ sessionId: 'phone' });
    const part = { grant: grantOfPlatform('twilio'), comesBack: false, release: () => {} };
    phone.attach(part);
    const closing = server.close();
    expect(await publisher.closed).toEqual(SHUTDOWN);
    const ready = await fetch(`${server.url}/readyz`);
    expect([ready.status, (await ready.json()).reasons]).toEqual([503, ['the server is shutting down']]);
    expect((await fetch(`${server.url}/v1/sessions/phone`)).status).toBe(200);
    expect(phone.state).toBe('live');
    phone.detach(part, 'completed');
    await closing;
    expect(phone.summary()).toMatchObject({ state: 'ended', endReason: 'completed' });
  });

  it('cuts those calls when their time is up', async () => {
    const server = await startTestServer({ config: { drainGraceMs: 20 } });
    const phone = server.sessions.open({ sessionId: 'phone' });
    phone.attach({ grant: grantOfPlatform('twilio'), comesBack: false, release: () => {} });
    await server.close();
    expect(phone.summary()).toMatchObject({ state: 'ended', endReason: 'shutdown' });
  });

  it('does so when it is asked over HTTP with the right scope', async () => {
    const server = await startTestServer({ config: { token: TOKEN } });
    const ask = async (bearer: string) => {
      const headers = { Authorization: `Bearer ${bearer}` };
      return (await fetch(`${server.url}/admin/drain`, { method: 'POST', headers })).status;
    };
    expect(await ask(await signToken(TOKEN, PHONE, Date.now() / 1000 + 60))).toBe(401);
    const publisher = await new Publisher(server.socketUrl, { Authorization: `Bearer ${TOKEN}` }).start('call');
    expect(await ask(await signToken(TOKEN, { scopes: ['drain'] }, Date.now() / 1000 + 60))).toBe(202);
    expect(await publisher.closed).toEqual(SHUTDOWN);
    await server.close();
    expect(server.logLines.find((line) => line.includes('"action":"drain"'))).toBeDefined();
  });

  it('leaves the sessions of its publishers to the server that starts next', async () => {
    const folder = join(temporaryFolder(), 'data');
    const open = () => directHistory({ folder, safeAgainst: 'process', keepsWords: true, startedAtMs: Date.now() });
    const first = await startTestServer({ history: open(), script: { scoringMs: 50 } });
    const publisher = await new Publisher(first.socketUrl).start('call');
    const subscriber = await new Subscriber(first.socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('utterance.started');
    await first.close();
    expect(await publisher.closed).toEqual(SHUTDOWN);
    // The utterance in flight was scored, and the subscriber is told to come back, not that this is all.
    expect(await subscriber.untilType('utterance.emotion')).toMatchObject({ utteranceId: 'ann-0' });
    expect(await subscriber.closed).toEqual(SHUTDOWN);
    expect(subscriber.received.map(({ type }) => type)).not.toContain('session.ended');
    const { sequences } = subscriber;

    const second = await startTestServer({ history: open() });
    const epoch = second.sessions.get('call')!.events.epoch;
    const back = await new Subscriber(second.socketUrl).start('call', sequences.at(-1), epoch);
    const again = await new Publisher(second.socketUrl).start('call');
    again.send({ type: 'session.end' });
    await back.closed;
    expect([...sequences, ...back.sequences]).toEqual([1, 2, 3, 4]);
    expect(back.received.at(-1)).toMatchObject({ type: 'session.ended', reason: 'completed', utteranceCount: 1 });
    await second.close();
  });
});

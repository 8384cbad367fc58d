import { get as httpGet, type IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../client-sdk/protocol/index.ts';
import { Publisher, Subscriber } from '../support/server/peers.ts';
import { startTestServer } from '../support/server/test-server.ts';

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

import { afterEach, describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../pipeline/index.ts';
import { Publisher, Subscriber } from '../support/server/peers.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/server/test-server.ts';

let server: TestServer;
const start = async (options?: TestServerOptions) => {
  server = await startTestServer(options);
  return server;
};
afterEach(() => server.close());

const typesOf = (peer: Subscriber) => peer.received.map((message) => message.type);
const closing = (reason: keyof typeof CLOSE_CODES) => ({ code: CLOSE_CODES[reason].code, reason });

describe('a call over WebSocket', () => {
  it('reaches a subscriber as events in a gapless sequence, until the session ends', async () => {
    const { socketUrl } = await start();
    const publisher = await new Publisher(socketUrl).start('call-1');
    const subscriber = await new Subscriber(socketUrl).start('call-1');
    publisher.sendAudio(0);
    publisher.sendAudio(20);
    publisher.send({ type: 'session.end' });

    expect(await publisher.closed).toEqual({ code: 1000, reason: '' });
    expect(await subscriber.closed).toEqual({ code: 1000, reason: '' });
    expect(typesOf(subscriber)).toEqual(['session.started', 'utterance.started', 'utterance.emotion', 'session.ended']);
    expect(subscriber.sequences).toEqual([1, 2, 3, 4]);
  });

  it('answers session.start with the limits, an id and a trace context of its own', async () => {
    const { socketUrl } = await start();
    const publisher = await new Publisher(socketUrl).start();
    expect(await publisher.untilType('session.ready')).toMatchObject({
      sessionId: expect.stringMatching(/^[\w-]{36}$/),
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
      limits: { maxPacketBytes: 2 * 1024 * 1024, maxMessageBytes: 64 * 1024, maxTracks: 32, jitterMs: 200 },
    });
  });

  it('hands the pipeline mono samples, pictures and words, each with its media time', async () => {
    const frames: MediaFrame[] = [];
    const { socketUrl } = await start({ script: { onFrame: (frame) => frames.push(frame) } });
    const publisher = await new Publisher(socketUrl).start('call');
    publisher.sendAudio(20, new Uint8Array(Int16Array.of(16384, -16384).buffer));
    publisher.send({
      type: 'track.add',
      track: 3,
      participant: { id: 'ann', role: 'agent' },
      media: { kind: 'transcript' },
    });
    publisher.send({ type: 'transcript', track: 3, segmentId: 'a', startMs: 0, endMs: 20, text: 'hi', final: true });
    publisher.send({ type: 'track.end', track: 1 });
    publisher.send({ type: 'session.end' });
    await publisher.closed;
    const participant = { id: 'ann', role: 'unknown', displayName: 'Ann Example' };
    expect(frames).toEqual([
      { kind: 'track', trackId: '1-1', startMs: 0, media: 'audio', participant },
      { kind: 'audio', trackId: '1-1', startMs: 20, sampleRateHz: 16_000, samples: Float32Array.of(0.5, -0.5) },
      { kind: 'track', trackId: '1-2', startMs: 20, media: 'transcript', participant },
      { kind: 'transcript', trackId: '1-2', segmentId: 'a', startMs: 0, endMs: 20, text: 'hi', final: true },
      { kind: 'bound', trackId: '1-1', startMs: Number.POSITIVE_INFINITY },
    ]);
  });

  it('may come from several publishers at once, who share the session', async () => {
    const { socketUrl } = await start();
    const ann = await new Publisher(socketUrl).start('call', 'ann');
    const bob = await new Publisher(socketUrl).start('call', 'bob');
    ann.sendAudio(0);
    bob.sendAudio(0);
    const subscriber = await new Subscriber(socketUrl).start('call');
    await subscriber.until((event) => event.type === 'utterance.started' && event.participant.id === 'bob');
    bob.send({ type: 'session.end' });
    expect((await ann.closed).code).toBe(1000);
    expect((await bob.closed).code).toBe(1000);
  });

  it('is refused on the id of a session that has ended', async () => {
    const { socketUrl } = await start();
    const first = await new Publisher(socketUrl).start('call');
    first.send({ type: 'session.end' });
    await first.closed;
    const second = await new Publisher(socketUrl).opened();
    second.send({ type: 'session.start', version: 1, sessionId: 'call' });
    expect(await second.closed).toEqual(closing('session-taken'));
  });

  it('is refused when all sessions are in use', async () => {
    const { socketUrl } = await start({ config: { maxSessions: 1 } });
    await new Publisher(socketUrl).start();
    const second = await new Publisher(socketUrl).opened();
    second.send({ type: 'session.start', version: 1 });
    expect(await second.closed).toEqual(closing('overloaded'));
  });
});

describe('a publisher that vanishes', () => {
  it('leaves its utterances finished at once, whatever the grace', async () => {
    const { socketUrl } = await start({ config: { reconnectGraceMs: 60_000 } });
    const publisher = await new Publisher(socketUrl).start('call');
    const subscriber = await new Subscriber(socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('utterance.started');
    publisher.socket.terminate();
    expect(await subscriber.untilType('utterance.emotion')).toMatchObject({ utteranceId: 'ann-0' });
  });

  it('leaves its session ended after the grace', async () => {
    const { socketUrl } = await start({ config: { reconnectGraceMs: 50 } });
    const publisher = await new Publisher(socketUrl).start('call');
    publisher.sendAudio(0);
    const subscriber = await new Subscriber(socketUrl).start('call');
    await subscriber.untilType('utterance.started');
    publisher.socket.terminate();
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'disconnected', utteranceCount: 1 });
  });

  it('may come back to its session within the grace', async () => {
    const { socketUrl } = await start({ config: { reconnectGraceMs: 2000 } });
    const first = await new Publisher(socketUrl).start('call');
    first.sendAudio(0);
    first.socket.terminate();
    await first.closed;
    const second = await new Publisher(socketUrl).start('call');
    await new Promise((resolve) => setTimeout(resolve, 2100));
    second.sendAudio(1000);
    const subscriber = await new Subscriber(socketUrl).start('call');
    expect(await subscriber.until((e) => e.type === 'utterance.started' && e.startMs === 1000)).toBeDefined();
  });

  it('is closed as idle when it stays connected and silent, and its session ends so', async () => {
    const { socketUrl } = await start({ config: { idleTimeoutMs: 80 } });
    const publisher = await new Publisher(socketUrl).start('call');
    const subscriber = await new Subscriber(socketUrl).start('call');
    publisher.sendAudio(0);
    expect(await publisher.closed).toEqual(closing('idle'));
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'idle' });
  });

  it('is closed when it never says anything', async () => {
    const { socketUrl } = await start({ config: { helloTimeoutMs: 100 } });
    expect(await new Publisher(socketUrl).closed).toEqual(closing('idle'));
    expect(await new Subscriber(socketUrl).closed).toEqual(closing('idle'));
  });

  it('is found out by the heartbeat when its machine is gone', async () => {
    const { socketUrl } = await start({ config: { heartbeatMs: 100, reconnectGraceMs: 0 } });
    const publisher = await new Publisher(socketUrl).start('call');
    const subscriber = await new Subscriber(socketUrl).start('call');
    publisher.socket.pause();
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'disconnected' });
    publisher.socket.terminate();
  });
});

describe('a subscriber', () => {
  it('resumes after the last sequence that it saw, with nothing lost or doubled', async () => {
    const { socketUrl } = await start();
    const publisher = await new Publisher(socketUrl).start('call');
    const first = await new Subscriber(socketUrl).start('call');
    publisher.sendAudio(0);
    await first.untilType('utterance.started');
    first.socket.terminate();
    publisher.send({ type: 'session.end' });
    const second = await new Subscriber(socketUrl).start('call', first.sequences.at(-1));
    await second.closed;
    expect([...first.sequences, ...second.sequences]).toEqual([1, 2, 3, 4]);
  });

  it('is told which events the server no longer holds', async () => {
    const { socketUrl } = await start({ config: { eventLogEvents: 10 } });
    const publisher = await new Publisher(socketUrl).start('call');
    for (let track = 2; track < 20; track += 1) {
      publisher.addAudio(track, `guest-${track}`);
      publisher.sendAudio(0, new Uint8Array(2), track);
    }
    publisher.send({ type: 'session.end' });
    await publisher.closed;
    const subscriber = await new Subscriber(socketUrl).start('call', 3);
    await subscriber.closed;
    expect(subscriber.received[0]).toMatchObject({ type: 'events.dropped', fromSequence: 4, toSequence: 28 });
    expect(subscriber.sequences).toEqual(Array.from({ length: 10 }, (_, i) => 29 + i));
  });

  it.each<[string, string, keyof typeof CLOSE_CODES]>([
    ['a session that nobody opened', '{"type":"subscribe","version":1,"sessionId":"nope"}', 'unknown-session'],
    ['a wrong version', '{"type":"subscribe","version":9,"sessionId":"call"}', 'unsupported-version'],
    ['malformed JSON', '{', 'malformed'],
  ])('is closed for %s', async (_what, text, reason) => {
    const { socketUrl } = await start();
    const subscriber = await new Subscriber(socketUrl).opened();
    subscriber.socket.send(text);
    expect(await subscriber.closed).toEqual(closing(reason));
  });

  it('is closed for a second message', async () => {
    const { socketUrl } = await start();
    await new Publisher(socketUrl).start('call');
    const subscriber = await (await new Subscriber(socketUrl).start('call')).start('call');
    expect(await subscriber.closed).toEqual(closing('unexpected-message'));
  });

  it('that reads too slowly loses events, is told which, and slows no one', async () => {
    const { socketUrl } = await start({
      config: { eventLogEvents: 20, subscriberBufferEvents: 4, maxBytesPerSecond: 1e9 },
    });
    const publisher = await new Publisher(socketUrl).start('call');
    publisher.send({ type: 'track.add', track: 2, participant: { id: 'ann' }, media: { kind: 'transcript' } });
    const slow = await new Subscriber(socketUrl).start('call');
    await slow.untilType('session.started');
    slow.socket.pause();
    const quick = await new Subscriber(socketUrl).start('call');
    const count = 1500;
    const text = 'word '.repeat(2000);
    for (let i = 0; i < count; i += 1) {
      publisher.send({ type: 'transcript', track: 2, segmentId: `${i}`, startMs: 0, endMs: 0, text, final: true });
      if (i % 10 === 9) await quick.until((event) => 'sequence' in event && event.sequence === i + 2);
    }
    slow.socket.resume();
    publisher.send({ type: 'session.end' });
    await Promise.all([quick.closed, slow.closed]);

    expect(quick.sequences).toEqual(Array.from({ length: count + 2 }, (_, i) => i + 1));
    const dropped = slow.received.filter((message) => message.type === 'events.dropped');
    expect(dropped.length).toBeGreaterThan(0);
    let next = 1;
    for (const message of slow.received) {
      if (message.type === 'events.dropped') {
        expect(message.fromSequence).toBe(next);
        next = message.toSequence + 1;
      } else if ('sequence' in message) {
        expect(message.sequence).toBe(next);
        next += 1;
      }
    }
    expect(next).toBe(count + 3);
  });
});

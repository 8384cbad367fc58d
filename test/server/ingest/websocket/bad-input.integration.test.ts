import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLOSE_CODES, type CloseReason, encodeMediaPacket } from '../../../../client-sdk/protocol/index.ts';
import { MAX_BAD_MESSAGES } from '../../../../server/ingest/sockets/bad-messages.ts';
import { Publisher, Subscriber } from '../../../support/server/peers.ts';
import { startTestServer, type TestServer } from '../../../support/server/test-server.ts';

let server: TestServer;
let neighbour: Publisher;
let listener: Subscriber;

beforeEach(async () => {
  server = await startTestServer({ config: { maxBytesPerSecond: 4 * 1024 * 1024 } });
  neighbour = await new Publisher(server.socketUrl).start('neighbour');
  listener = await new Subscriber(server.socketUrl).start('neighbour');
  neighbour.sendAudio(0);
});

/** Whatever the bad publisher did, the call beside it goes on as if nothing had happened. */
afterEach(async () => {
  neighbour.sendAudio(20);
  neighbour.send({ type: 'session.end' });
  expect((await neighbour.closed).code).toBe(1000);
  await listener.closed;
  expect(listener.received.map((event) => event.type)).toEqual([
    'session.started',
    'utterance.started',
    'utterance.emotion',
    'session.ended',
  ]);
  await server.close();
});

const bad = () => new Publisher(server.socketUrl).start('bad');

async function expectClosed(publisher: Publisher, reason: CloseReason): Promise<void> {
  expect(await publisher.closed).toEqual({ code: CLOSE_CODES[reason].code, reason });
  const last = publisher.received.at(-1);
  expect(last).toMatchObject({ type: 'error', code: reason, fatal: true });
}

/** The packet was refused and the session goes on: the next good one opens an utterance. */
async function expectRefused(publisher: Publisher, code: string): Promise<void> {
  expect(await publisher.untilType('error')).toMatchObject({ code, fatal: false });
  publisher.sendAudio(40);
  const subscriber = await new Subscriber(server.socketUrl).start('bad');
  expect(await subscriber.untilType('utterance.started')).toMatchObject({ startMs: 40 });
  publisher.socket.terminate();
}

const packet = (fields: { version?: number; kind?: number; length?: number; timeMs?: number } = {}): Uint8Array => {
  const bytes = encodeMediaPacket({ kind: 'audio', track: 1, mediaTimeMs: 0, payload: new Uint8Array(32) });
  const view = new DataView(bytes.buffer);
  if (fields.version !== undefined) view.setUint8(0, fields.version);
  if (fields.kind !== undefined) view.setUint8(1, fields.kind);
  if (fields.length !== undefined) view.setUint32(4, fields.length, true);
  if (fields.timeMs !== undefined) view.setFloat64(8, fields.timeMs, true);
  return bytes;
};

describe('a publisher is closed', () => {
  it.each<[string, string, CloseReason]>([
    ['malformed JSON', '{"type":', 'malformed'],
    ['JSON that is no message', '[1,2]', 'malformed'],
    ['an unknown type', '{"type":"dance"}', 'malformed'],
    ['a wrong version', '{"type":"session.start","version":2}', 'unsupported-version'],
    ['an id that is none', '{"type":"session.start","version":1,"sessionId":"../etc"}', 'malformed'],
    ['a track before its session', '{"type":"track.end","track":1}', 'unexpected-message'],
    ['a text of 1 MB', JSON.stringify({ type: 'session.start', version: 1, title: 'x'.repeat(1e6) }), 'too-large'],
  ])('for %s', async (_what, text, reason) => {
    const publisher = await new Publisher(server.socketUrl).opened();
    publisher.socket.send(text);
    await expectClosed(publisher, reason);
  });

  it('for media before its session', async () => {
    const publisher = await new Publisher(server.socketUrl).opened();
    publisher.socket.send(packet());
    await expectClosed(publisher, 'unexpected-message');
  });

  it.each<[string, string | Uint8Array, CloseReason]>([
    ['texts that are not JSON', '{"type":', 'malformed'],
    ['messages of an unknown type', '{"type":"dance"}', 'malformed'],
    ['packets of an unknown kind', packet({ kind: 9 }), 'malformed'],
    ['packets of a version that it does not speak', packet({ version: 2 }), 'unsupported-version'],
    ['further session.start', '{"type":"session.start","version":1}', 'unexpected-message'],
  ])('for a run of %s, counted and not answered one by one', async (_what, data, reason) => {
    const publisher = await bad();
    for (let i = 0; i < 1000; i += 1) publisher.socket.send(data);
    await expectClosed(publisher, reason);
    expect(publisher.received.filter((message) => message.type === 'error').length).toBeLessThan(40);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counted = Number(
      /undertone_ingest_refused_total\{reason="m\w+-\w+"\} (\d+)|unknown-message"\} (\d+)/
        .exec(metrics)
        ?.slice(1)
        .join(''),
    );
    expect(counted).toBeGreaterThan(MAX_BAD_MESSAGES);
    expect(counted).toBeLessThan(2 * MAX_BAD_MESSAGES);
    expect(server.logLines.filter((line) => line.includes('a message was dropped'))).toHaveLength(1);
  });

  it('by ws itself for a packet that is not even worth reading', async () => {
    const worse = await new Publisher(server.socketUrl).opened();
    worse.socket.send(new Uint8Array(5 * 1024 * 1024));
    expect((await worse.closed).code).toBe(1009);
  });

  it('for ten thousand tiny packets at once, and memory stays flat', async () => {
    const publisher = await bad();
    const tiny = encodeMediaPacket({ kind: 'audio', track: 1, mediaTimeMs: 0, payload: new Uint8Array(2) });
    const before = process.memoryUsage();
    for (let i = 0; i < 10_000; i += 1) publisher.socket.send(tiny);
    await expectClosed(publisher, 'too-fast');
    const after = process.memoryUsage();
    expect(after.rss - before.rss).toBeLessThan(64 * 1024 * 1024);
    expect(publisher.received.length).toBeLessThan(40);
  });

  it('for more bytes than a live call has', async () => {
    const publisher = await bad();
    const big = encodeMediaPacket({
      kind: 'audio',
      track: 1,
      mediaTimeMs: 0,
      payload: new Uint8Array(2 * 1024 * 1024 - 16),
    });
    for (let i = 0; i < 10; i += 1) publisher.socket.send(big);
    await expectClosed(publisher, 'too-fast');
  });
});

describe('a message alone is refused', () => {
  it.each<[string, string, string]>([
    ['malformed JSON', '{"type":', 'malformed-message'],
    ['JSON that is no message', '[1,2]', 'malformed-message'],
    ['null', 'null', 'malformed-message'],
    ['of an unknown type', '{"type":"dance"}', 'unknown-message'],
    ['a second session.start', '{"type":"session.start","version":1}', 'misplaced-message'],
    ['a track without a participant', '{"type":"track.add","track":3}', 'malformed-message'],
    ['a text of 3 MB', JSON.stringify({ type: 'transcript', text: 'x'.repeat(3e6) }), 'oversized-message'],
    ...[4000, 192_000, 44_100.5, -1, null].map((sampleRateHz): [string, string, string] => [
      `a track at the absurd sample rate ${sampleRateHz}`,
      JSON.stringify({
        type: 'track.add',
        track: 2,
        participant: { id: 'bob' },
        media: { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz },
      }),
      'malformed-message',
    ]),
  ])('when it is %s', async (_what, text, code) => {
    const publisher = await bad();
    publisher.socket.send(text);
    await expectRefused(publisher, code);
    const lines = server.logLines.filter((line) => line.includes('a message was dropped'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { source: 'publisher', sessionId: 'bad', reason: code },
    ]);
  });
});

describe('a packet alone is refused', () => {
  it.each<[string, Uint8Array, string]>([
    ['truncated inside its header', packet().subarray(0, 9), 'malformed-packet'],
    ['truncated inside its payload', packet().subarray(0, 30), 'malformed-packet'],
    ['padded', new Uint8Array([...packet(), 0]), 'malformed-packet'],
    ['claiming 4 GB', packet({ length: 0xffff_ffff }), 'malformed-packet'],
    ['empty', packet({ length: 0 }).subarray(0, 16), 'malformed-packet'],
    ['of an unknown kind', packet({ kind: 9 }), 'malformed-packet'],
    ['of a version that it does not speak', packet({ version: 2 }), 'malformed-packet'],
    ['over 2 MiB', new Uint8Array(2 * 1024 * 1024 + 1), 'oversized-message'],
    ['at no time', packet({ timeMs: Number.NaN }), 'malformed-packet'],
    ['at a negative time', packet({ timeMs: -1 }), 'malformed-packet'],
    ['an hour ahead of the call', packet({ timeMs: 3_600_000 }), 'bad-time'],
    ['a picture on an audio track', packet({ kind: 2 }), 'wrong-media'],
  ])('when it is %s', async (_what, bytes, code) => {
    const publisher = await bad();
    publisher.socket.send(bytes);
    await expectRefused(publisher, code);
  });

  it('when its track was never added, or has ended', async () => {
    const publisher = await bad();
    publisher.sendAudio(0, new Uint8Array(2), 7);
    await expectRefused(publisher, 'unknown-track');
    const other = await new Publisher(server.socketUrl).start('other');
    other.send({ type: 'track.end', track: 1 });
    other.sendAudio(0);
    expect(await other.untilType('error')).toMatchObject({ code: 'unknown-track' });
  });

  it('when its samples are not numbers or not whole', async () => {
    const publisher = await bad();
    publisher.addAudio(2, 'bob', 'pcm-f32le');
    publisher.sendAudio(0, new Uint8Array(Float32Array.of(0, Number.NaN).buffer), 2);
    await publisher.untilType('error');
    publisher.sendAudio(0, new Uint8Array(3));
    await publisher.until(() => publisher.received.filter((m) => m.type === 'error').length === 2);
    await expectRefused(publisher, 'bad-samples');
  });

  it('when its time runs backwards', async () => {
    const publisher = await bad();
    publisher.sendAudio(5000);
    publisher.sendAudio(4700);
    expect(await publisher.untilType('error')).toMatchObject({ code: 'bad-time', fatal: false });
    publisher.sendAudio(4900);
    publisher.send({ type: 'session.end' });
    expect((await publisher.closed).code).toBe(1000);
    expect(publisher.received.filter((message) => message.type === 'error')).toHaveLength(1);
  });

  it('when it is an image that is not one', async () => {
    const publisher = await bad();
    publisher.send({
      type: 'track.add',
      track: 2,
      participant: { id: 'ann' },
      media: { kind: 'video', encoding: 'jpeg' },
    });
    publisher.socket.send(encodeMediaPacket({ kind: 'video', track: 2, mediaTimeMs: 0, payload: new Uint8Array(99) }));
    await expectRefused(publisher, 'bad-image');
  });

  it('when a track is added twice, or there are too many', async () => {
    const publisher = await bad();
    publisher.addAudio(1, 'bob');
    expect(await publisher.untilType('error')).toMatchObject({ code: 'duplicate-track' });
    for (let i = 2; i < 60; i += 1) publisher.addAudio(i, `guest-${i}`);
    await publisher.until((message) => message.type === 'error' && message.code === 'too-many-tracks');
    expect(server.sessions.get('bad')!.summary().participants).toHaveLength(32);
    await expectRefused(publisher, 'duplicate-track');
  });

  it('and a flood of refusals is counted, not answered one by one', async () => {
    const publisher = await bad();
    for (let i = 0; i < 1000; i += 1) publisher.sendAudio(0, new Uint8Array(2), 7);
    publisher.send({ type: 'session.end' });
    expect((await publisher.closed).code).toBe(1000);
    expect(publisher.received.filter((message) => message.type === 'error').length).toBeLessThan(40);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toContain('undertone_ingest_refused_total{reason="unknown-track"} 1000');
  });
});

describe('whatever a publisher sends', () => {
  it('is answered, refused or closed with a code of the table', async () => {
    const codes = new Set<number>([1000, ...Object.values(CLOSE_CODES).map((row) => row.code)]);
    const header = fc.record({
      version: fc.constantFrom(1, 1, 1, 0, 255),
      kind: fc.nat(3),
      length: fc.oneof(fc.constant(32), fc.nat()),
      timeMs: fc.double(),
    });
    const message = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      header.map(packet),
      fc.string({ maxLength: 64 }),
      fc.json({ maxDepth: 2 }),
      fc
        .record({
          type: fc.constantFrom('session.start', 'track.add', 'transcript', 'track.end', 'session.end'),
          track: fc.oneof(fc.nat(3), fc.anything()),
          participant: fc.oneof(fc.constant({ id: 'ann' }), fc.anything()),
          media: fc.oneof(fc.constant({ kind: 'transcript' }), fc.anything()),
        })
        .map((fields) => JSON.stringify(fields)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 8 }), async (messages) => {
        const publisher = await new Publisher(server.socketUrl).start();
        for (const sent of messages) publisher.socket.send(sent);
        publisher.send({ type: 'session.end' });
        expect(codes).toContain((await publisher.closed).code);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a session whose analysis breaks off', () => {
  it('ends as failed, is told so to its publisher, and logs nothing of the call', async () => {
    const publisher = await new Publisher(server.socketUrl).start('bad', 'crash');
    publisher.sendAudio(0);
    await expectClosed(publisher, 'internal');
    const subscriber = await new Subscriber(server.socketUrl).start('bad');
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'failed', sequence: 2 });
    expect(server.logLines.join('')).toContain('broke off');
    expect(server.logLines.join('')).not.toContain('Ann Example');
  });
});

import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { ClientError } from '../../../client-sdk/connection/client-error.ts';
import type { ParticipantInfo, TrackMedia } from '../../../client-sdk/protocol/index.ts';
import { openSession } from '../../../client-sdk/publish/session-publisher.ts';
import { reply, startPublishServer } from '../../support/client-sdk/publish-server.ts';
import { SAMPLE_TRACEPARENT } from '../../support/client-sdk/sample-events.ts';

const CALLER: ParticipantInfo = { id: 'caller', role: 'customer' };
const AUDIO: TrackMedia = { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 };
const VIDEO: TrackMedia = { kind: 'video', encoding: 'jpeg' };
const WORDS: TrackMedia = { kind: 'transcript', language: 'en' };

describe('publishing a session', () => {
  it.each([
    ['the global WebSocket', {}],
    ['the ws package', { WebSocket: WsWebSocket }],
  ])('over %s delivers tracks, media and words in order, and ends', async (_, options) => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url, sessionId: 'call-1', title: 'A call', ...options });
    expect(session.sessionId).toBe('call-1');
    const audio = await session.addTrack(CALLER, AUDIO);
    const video = await session.addTrack(CALLER, VIDEO);
    const words = await session.addTrack(CALLER, WORDS);
    session.sendAudio(audio, Float32Array.of(0, 0.5, -1, 1), 40);
    session.sendImage(video, Uint8Array.of(9, 8), 41.5);
    session.sendTranscript(words, { segmentId: '0', startMs: 0, endMs: 10, text: 'Hello.', final: true });
    session.endTrack(words);
    await session.end();
    await session.closed;

    const pcm = new Uint8Array(Int16Array.of(0, 16_384, -32_767, 32_767).buffer);
    expect(server.received).toEqual([
      { type: 'session.start', version: 1, sessionId: 'call-1', title: 'A call' },
      { type: 'track.add', track: audio, participant: CALLER, media: AUDIO },
      { type: 'track.add', track: video, participant: CALLER, media: VIDEO },
      { type: 'track.add', track: words, participant: CALLER, media: WORDS },
      { kind: 'audio', track: audio, mediaTimeMs: 40, payload: pcm },
      { kind: 'video', track: video, mediaTimeMs: 41.5, payload: Uint8Array.of(9, 8) },
      { type: 'transcript', track: words, segmentId: '0', startMs: 0, endMs: 10, text: 'Hello.', final: true },
      { type: 'track.end', track: words },
      { type: 'session.end' },
    ]);
  });

  it('tells what the server chose', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    expect(session.sessionId).toBe('chosen');
    expect(session.traceparent).toBe(SAMPLE_TRACEPARENT);
    expect(session.limits.maxPacketBytes).toBe(100_000);
    expect(session.dropped).toEqual({ audioPackets: 0, videoPackets: 0 });
  });

  it('clips samples and silences what is no number in 16 bits, and passes floats as they are', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    const floats: TrackMedia = { kind: 'audio', encoding: 'pcm-f32le', sampleRateHz: 48_000 };
    const samples = Float32Array.of(2, -2, Number.NaN, Number.POSITIVE_INFINITY);
    session.sendAudio(await session.addTrack({ id: 'a' }, AUDIO), samples, 0);
    session.sendAudio(await session.addTrack({ id: 'b' }, floats), samples, 0);
    await session.end();
    const [ints, floatsSent] = server.packets();
    expect(ints?.payload).toEqual(new Uint8Array(Int16Array.of(32_767, -32_767, 0, 32_767).buffer));
    expect(floatsSent?.payload).toEqual(new Uint8Array(samples.buffer));
  });

  it('leaves the buffers to the caller', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    const image = Uint8Array.of(1, 2);
    session.sendImage(await session.addTrack(CALLER, VIDEO), image, 0);
    image.fill(0);
    await session.end();
    expect(server.packets()[0]?.payload).toEqual(Uint8Array.of(1, 2));
  });
});

describe('a refusal by the server', () => {
  it('of one track rejects that track and no other', async () => {
    await using server = await startPublishServer({
      script: (message, socket) => {
        if (message.type !== 'track.add' || message.media.kind !== 'video') return false;
        reply(socket, { type: 'error', code: 'too-many-tracks', message: 'Eight are enough.', fatal: false });
        return true;
      },
    });
    const session = await openSession({ url: server.url });
    const tracks = await Promise.allSettled([AUDIO, VIDEO, WORDS].map((media) => session.addTrack(CALLER, media)));
    expect(tracks).toEqual([
      { status: 'fulfilled', value: 0 },
      { status: 'rejected', reason: expect.objectContaining({ code: 'track-refused', message: 'Eight are enough.' }) },
      { status: 'fulfilled', value: 2 },
    ]);
    expect(() => session.sendImage(1, Uint8Array.of(1), 0)).toThrow(RangeError);
  });

  it('of one packet is told, and the session goes on', async () => {
    await using server = await startPublishServer();
    const refused: string[] = [];
    const session = await openSession({ url: server.url, onRefused: ({ code }) => refused.push(code) });
    for (const socket of server.sockets()) {
      reply(socket, { type: 'error', code: 'bad-image', message: 'That is no picture.', fatal: false });
    }
    await session.addTrack(CALLER, VIDEO);
    await session.end();
    expect(refused).toEqual(['bad-image']);
  });

  it.each([
    ['unauthorized', 4401],
    ['session-taken', 4409],
    ['overloaded', 4503],
    ['too-large', 1009],
    ['connection-lost', 1011],
  ])('%s to open is thrown', async (reason, code) => {
    await using server = await startPublishServer({
      script: (_, socket) => {
        socket.close(code);
        return true;
      },
    });
    await expect(openSession({ url: server.url })).rejects.toMatchObject({ name: 'ClientError', code: reason });
  });

  it('in the middle rejects closed, what waits for an answer, and what is sent after', async () => {
    await using server = await startPublishServer({
      script: (message, socket) => {
        if (message.type !== 'track.add') return false;
        reply(socket, { type: 'error', code: 'too-fast', message: 'Slower.', fatal: true });
        socket.close(4429);
        return true;
      },
    });
    const session = await openSession({ url: server.url });
    await expect(session.addTrack(CALLER, AUDIO)).rejects.toMatchObject({ code: 'too-fast', retry: true });
    await expect(session.closed).rejects.toMatchObject({ code: 'too-fast' });
    await expect(session.end()).rejects.toMatchObject({ code: 'too-fast' });
    await expect(session.addTrack(CALLER, AUDIO)).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('the end of a connection', () => {
  it('that never opened is told apart', async () => {
    await expect(openSession({ url: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'connection-failed' });
  });

  it('that broke is told', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    for (const socket of server.sockets()) socket.terminate();
    await expect(session.closed).rejects.toMatchObject({ code: 'connection-lost', retry: true });
  });

  it('comes when the server breaks the protocol', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    for (const socket of server.sockets()) socket.send('{"type":"surprise"}');
    await expect(session.closed).rejects.toMatchObject({ code: 'protocol-violation' });
  });

  it('by the caller hangs up without ending the session', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    const [socket] = server.sockets();
    session.close();
    await session.closed;
    if (socket !== undefined) await once(socket, 'close');
    expect(server.messages('session.end')).toEqual([]);
    await expect(session.addTrack(CALLER, AUDIO)).rejects.toThrow(ClientError);
  });

  it('by a signal does the same, before the session is open or after', async () => {
    await using server = await startPublishServer({ script: ({ type }) => type === 'session.start' });
    const stop = new AbortController();
    const opening = openSession({ url: server.url, signal: stop.signal });
    stop.abort();
    await expect(opening).rejects.toMatchObject({ name: 'AbortError' });
    await expect(openSession({ url: server.url, signal: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });

    await using willing = await startPublishServer();
    const later = new AbortController();
    const session = await openSession({ url: willing.url, signal: later.signal });
    later.abort();
    await session.closed;
  });
});

describe("a caller's mistake", () => {
  it.each([
    ['an impossible id', { sessionId: 'a b' }, RangeError],
    ['a long title', { title: 'x'.repeat(201) }, RangeError],
    ['no room to wait', { maxWaitingBytes: 0 }, RangeError],
    ['an impossible token', { token: 'a,b' }, TypeError],
  ])('in the options is refused: %s', async (_, options, kind) => {
    await expect(openSession({ url: 'http://127.0.0.1:1', ...options })).rejects.toThrow(kind);
  });

  it('in what is sent is refused, and the session goes on', async () => {
    await using server = await startPublishServer();
    const session = await openSession({ url: server.url });
    await expect(session.addTrack({ id: '' }, AUDIO)).rejects.toThrow(RangeError);
    await expect(session.addTrack(CALLER, { ...AUDIO, sampleRateHz: 1 } as TrackMedia)).rejects.toThrow(RangeError);
    const audio = await session.addTrack(CALLER, AUDIO);
    expect(() => session.sendAudio(7, Float32Array.of(0), 0)).toThrow(RangeError);
    expect(() => session.sendImage(audio, Uint8Array.of(0), 0)).toThrow(RangeError);
    expect(() => session.sendAudio(audio, new Float32Array(0), 0)).toThrow(RangeError);
    expect(() => session.sendAudio(audio, new Float32Array(60_000), 0)).toThrow(/100000 bytes/);
    expect(() => session.sendAudio(audio, Float32Array.of(0), -1)).toThrow(RangeError);
    expect(() => session.endTrack(7)).toThrow(RangeError);
    const words = await session.addTrack(CALLER, WORDS);
    expect(() =>
      session.sendTranscript(words, { segmentId: '0', startMs: 2, endMs: 1, text: '', final: true }),
    ).toThrow(RangeError);
    await session.end();
    expect(server.packets()).toEqual([]);
    expect(server.messages('transcript')).toEqual([]);
  });
});

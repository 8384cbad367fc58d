import { afterEach, describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import { Publisher } from '../../../support/server/peers.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../../support/server/test-server.ts';
import { sampleOpusPackets } from '../../../support/webrtc/encoded-media.ts';
import { RtpPublisher } from '../../../support/webrtc/rtp-publisher.ts';

const servers: TestServer[] = [];

async function start(
  options: TestServerOptions = {},
): Promise<{ server: TestServer; frames: MediaFrame[]; whip: string }> {
  const frames: MediaFrame[] = [];
  const server = await startTestServer({ script: { onFrame: (frame) => frames.push(frame) }, ...options });
  servers.push(server);
  return { server, frames, whip: `${server.url}/v1/whip` };
}

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe('WHIP: media', () => {
  const SECOND_MS = 1000;

  it('becomes one participant’s track, on the session’s own time, and ends with it', async () => {
    const { server, whip, frames } = await start();
    const { customer: voice } = await sampleOpusPackets(SECOND_MS);
    const peer = await new RtpPublisher({
      url: `${whip}?session=s&participant=ann&role=customer`,
      voice,
      film: null,
    }).connect();
    await peer.play();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await peer.leave()).toBe(200);
    const [track, ...rest] = frames;
    expect(track).toMatchObject({
      kind: 'track',
      media: 'audio',
      participant: { id: 'ann', role: 'customer', displayName: null },
    });
    const audio = rest.filter((frame) => frame.kind === 'audio');
    expect(audio).toHaveLength(SECOND_MS / 20);
    expect(new Set(audio.map(({ sampleRateHz, samples }) => `${sampleRateHz} ${samples.length}`))).toEqual(
      new Set(['16000 320']),
    );
    const steps = audio.slice(1).map(({ startMs }, index) => startMs - audio[index]!.startMs);
    for (const step of steps) expect(step).toBeCloseTo(20, 6);
    expect(Math.max(...audio.flatMap(({ samples }) => [...samples]))).toBeGreaterThan(0.01);
    expect(rest.at(-1)).toMatchObject({ kind: 'bound', startMs: Number.POSITIVE_INFINITY });
    expect(await server.sessions.get('s')!.finished).toBe('completed');
  });

  it('comes from a peer that waits for the handshake, as FFmpeg does, and from a section that waits for the bundle', async () => {
    const { server, whip, frames } = await start();
    const { customer: voice } = await sampleOpusPackets(400);
    const peer = new RtpPublisher({ url: `${whip}?session=s`, voice, film: null, isPassive: true });
    await peer.connect();
    expect(peer.answer).toContain('a=setup:active');
    await peer.play();
    await expect.poll(() => frames.filter(({ kind }) => kind === 'audio').length, { timeout: 10_000 }).toBe(20);
    expect(await peer.leave()).toBe(200);
    expect(await server.sessions.get('s')!.finished).toBe('completed');
  });

  it('is complete when its peer closes the connection first and deletes its resource then', async () => {
    const { server, whip, frames } = await start({ config: { reconnectGraceMs: 60_000 } });
    const { customer: voice } = await sampleOpusPackets(600);
    const peer = await new RtpPublisher({ url: `${whip}?session=s`, voice, film: null }).connect();
    await peer.play();
    await expect.poll(() => frames.some(({ kind }) => kind === 'audio'), { timeout: 10_000 }).toBe(true);
    const session = server.sessions.get('s')!;
    await peer.pc.close();
    // werift closes without a word, so the server notices the silence.
    await expect.poll(() => frames.at(-1), { timeout: 50_000 }).toMatchObject({ kind: 'bound' });
    expect(session.ending).toBe(false);
    expect((await fetch(peer.location, { method: 'DELETE' })).status).toBe(200);
    expect(await session.finished).toBe('completed');
    expect((await fetch(peer.location, { method: 'DELETE' })).status).toBe(404);
  });

  it('goes on after a reconnect where the call is by then, in place of the connection that it lost', async () => {
    const { whip, frames } = await start();
    const { customer: voice } = await sampleOpusPackets(600);
    const url = `${whip}?session=s&participant=ann`;
    const first = await new RtpPublisher({ url, voice, film: null }).connect();
    await first.play();
    const lastMs = Math.max(...frames.filter(({ kind }) => kind === 'audio').map(({ startMs }) => startMs));
    expect(lastMs).toBeGreaterThan(0);
    const second = await new RtpPublisher({ url, voice, film: null }).connect();
    await second.play();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await second.leave()).toBe(200);
    expect([200, 404]).toContain(await first.leave());
    const audio = frames.filter((frame) => frame.kind === 'audio');
    expect(new Set(audio.map(({ trackId }) => trackId))).toEqual(new Set(['1-1', '2-1']));
    expect(audio.find(({ trackId }) => trackId === '2-1')!.startMs).toBeGreaterThan(lastMs);
  });

  it('carries words on a data channel, in the media time that the server tells', async () => {
    const { whip, frames } = await start();
    const { customer: voice } = await sampleOpusPackets(100);
    const peer = new RtpPublisher({ url: `${whip}?participant=ann`, voice, film: null });
    const channel = peer.pc.createDataChannel('undertone.transcript.v1');
    const replies: { type: string; mediaTimeMs: number; code: string }[] = [];
    channel.onMessage.subscribe((text) => replies.push(JSON.parse(text.toString())));
    await peer.connect();
    await peer.play();
    await expect.poll(() => replies.length).toBe(1);
    const [{ type, mediaTimeMs }] = replies as [(typeof replies)[number]];
    expect(type).toBe('session.ready');
    expect(mediaTimeMs).toBeGreaterThan(0);
    const words = {
      type: 'transcript',
      track: 0,
      segmentId: 'a',
      startMs: 10,
      endMs: mediaTimeMs,
      text: 'hi',
      final: true,
    };
    channel.send(JSON.stringify(words));
    channel.send('{"type":');
    channel.send(JSON.stringify({ ...words, endMs: 1e8 }));
    await expect.poll(() => replies.length).toBe(3);
    expect(replies.slice(1).map(({ code }) => code)).toEqual(['malformed-message', 'bad-time']);
    const { type: _, track: __, ...segment } = words;
    expect(frames.filter(({ kind }) => kind === 'transcript')).toEqual([expect.objectContaining(segment)]);
    await peer.leave();
  });

  it('and words that a WebSocket brings belong to the same session', async () => {
    const { server, whip, frames } = await start();
    const { customer: voice } = await sampleOpusPackets(100);
    const peer = await new RtpPublisher({ url: `${whip}?session=both&participant=ann`, voice, film: null }).connect();
    await peer.play();
    const socket = await new Publisher(server.socketUrl).opened();
    socket.send({ type: 'session.start', version: 1, sessionId: 'both' });
    const { mediaTimeMs } = await socket.untilType('session.ready');
    expect(mediaTimeMs).toBeGreaterThan(0);
    socket.send({ type: 'track.add', track: 1, participant: { id: 'ann' }, media: { kind: 'transcript' } });
    await socket.untilType('track.ready');
    socket.send({
      type: 'transcript',
      track: 1,
      segmentId: 'a',
      startMs: 0,
      endMs: mediaTimeMs!,
      text: 'hi',
      final: true,
    });
    await expect.poll(() => frames.some(({ kind }) => kind === 'transcript')).toBe(true);
    await peer.leave();
    socket.socket.close();
  });

  it('stops with the server, without keeping it from stopping', async () => {
    const { server, whip } = await start();
    const { customer: voice } = await sampleOpusPackets(100);
    const peer = await new RtpPublisher({ url: `${whip}?session=s`, voice, film: null }).connect();
    await peer.play();
    await server.close();
    expect(await server.sessions.get('s')!.finished).toBe('shutdown');
    await peer.pc.close();
  });
});

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../../client-sdk/protocol/index.ts';
import { HearingServer } from '../../../support/server/hearing-server.ts';
import {
  AudioHookPeer,
  type AudioHookPeerOptions,
  media,
  NULL_UUID,
} from '../../../support/telephony/audiohook-peer.ts';
import { encodeLinear16, encodeMulaw, interleave } from '../../../support/telephony/mulaw-encode.ts';
import { until } from '../../../support/until.ts';

const API_KEY = 'the-api-key-of-the-integration';
const CLIENT_SECRET = Buffer.from('the client secret of the integration').toString('base64');
/** 200 ms of silence on two channels. */
const SILENCE = new Uint8Array(3200).fill(0xff);

const host = new HearingServer();
const { start, of } = host;
const heard = () => of('audio');

const peer = (options: Partial<AudioHookPeerOptions> = {}) =>
  new AudioHookPeer({ socketUrl: host.server.socketUrl, ...options });

describe('an AudioHook connection', () => {
  it('brings both parties, external first, each with its role, and ends their session', async () => {
    await start();
    const genesys = peer();
    const conversationId = randomUUID();
    await genesys.open({ conversationId });
    const [left, right] = [new Float32Array(1600).fill(0.5), new Float32Array(1600).fill(-0.25)];
    genesys.sendAudio(interleave(encodeMulaw(left), encodeMulaw(right), 1), 1600);
    genesys.sendAudio(SILENCE, 1600);
    expect(await genesys.close()).toMatchObject({ type: 'closed', parameters: {} });
    const session = host.server.sessions.get(`audiohook-${conversationId}`)!;
    expect(await session.finished).toBe('completed');
    expect(session.summary().participants).toEqual([
      { id: 'external', role: 'customer', displayName: 'Ann Example' },
      { id: 'internal', role: 'agent', displayName: null },
    ]);
    expect(heard().map(({ trackId, startMs }) => [trackId, startMs])).toEqual([
      ['1-1', 0],
      ['1-2', 0],
      ['1-1', 200],
      ['1-2', 200],
    ]);
    expect(heard()[0]!.samples[7]).toBeCloseTo(0.5, 1);
    expect(heard()[1]!.samples[7]).toBeCloseTo(-0.25, 1);
    expect(genesys.problems).toEqual([]);
    expect(host.server.logLines.join('')).not.toMatch(/Ann|555/);
  });

  it('brings L16 and a single channel as well', async () => {
    await start();
    const genesys = peer();
    await genesys.open({
      media: [media('L16', 'internal')],
      customConfig: { internalRole: 'attendee', internalId: 'bob' },
    });
    genesys.sendAudio(encodeLinear16(new Float32Array(1600).fill(0.5)), 1600);
    await until(() => heard().length === 1);
    expect(heard()[0]!.samples).toHaveLength(1600);
    expect(heard()[0]!.samples[9]).toBeCloseTo(0.5, 3);
    expect(host.frames[0]).toMatchObject({ participant: { id: 'bob', role: 'attendee', displayName: null } });
  });

  it('passes the connection probe without opening a session', async () => {
    await start();
    const genesys = peer();
    await genesys.open({ conversationId: NULL_UUID, participant: { id: NULL_UUID, ani: '', aniName: '', dnis: '' } });
    await genesys.ping();
    await genesys.close();
    expect(genesys.problems).toEqual([]);
    expect(host.server.sessions.list()).toEqual([]);
  });

  it('goes on where the audio does after a pause', async () => {
    await start();
    const genesys = peer();
    await genesys.open();
    genesys.sendAudio(SILENCE, 1600);
    genesys.send('paused');
    genesys.send('resumed', { start: 'PT0.2S', discarded: 'PT5S' });
    genesys.positionMs += 5000;
    genesys.sendAudio(SILENCE, 1600);
    await until(() => heard().length === 4);
    expect(heard().map(({ startMs }) => startMs)).toEqual([0, 0, 200 + 5000, 200 + 5000]);
    expect(host.frames.filter(({ kind }) => kind === 'bound').map(({ startMs }) => startMs)).toEqual([5200, 5200]);
  });

  it('sends each result back as an event about the channel it is of, the last before closed', async () => {
    await start();
    const genesys = peer();
    const { parameters } = await genesys.open();
    expect(parameters.media).toHaveLength(1);
    genesys.sendAudio(SILENCE, 1600);
    genesys.sendAudio(SILENCE, 1600);
    await genesys.close();
    const types = genesys.received.map(({ type }) => type);
    expect(types).toEqual(['opened', 'event', 'event', 'closed']);
    const data = genesys.received[1]!.parameters.entities as { type: string; data: Record<string, unknown> }[];
    expect(data).toMatchObject([
      {
        type: 'undertone.utterance-emotion',
        data: {
          id: 'external-0',
          revision: 0,
          channel: 'external',
          role: 'customer',
          offset: 'PT0S',
          duration: 'PT0.2S',
        },
      },
    ]);
    expect(JSON.stringify(data)).not.toContain('Ann');
  });

  it('sends no results back where that is turned off', async () => {
    await start({ audiohookEvents: false });
    const genesys = peer();
    await genesys.open();
    genesys.sendAudio(SILENCE, 1600);
    await genesys.close();
    expect(genesys.received.map(({ type }) => type)).toEqual(['opened', 'closed']);
  });

  it('comes back after a reconnect, in the same session and on its time', async () => {
    await start();
    const conversationId = randomUUID();
    const first = peer();
    await first.open({ conversationId });
    for (let i = 0; i < 5; i += 1) first.sendAudio(SILENCE, 1600);
    await until(() => heard().length === 10);
    const second = peer({ organizationId: first.organizationId });
    second.positionMs = first.positionMs;
    await second.open({ conversationId, continuedSessions: [{ id: first.id, serverseq: 1, clientseq: 1 }] });
    second.sendAudio(SILENCE, 1600);
    await until(() => heard().length === 12);
    expect(heard().at(-1)!.startMs).toBeGreaterThanOrEqual(800);
    expect((await first.closed).code).toBe(1000);
    await second.close();
    const session = host.server.sessions.get(`audiohook-${conversationId}`)!;
    expect(await session.finished).toBe('completed');
    expect(session.summary().participants.map(({ id }) => id)).toEqual(['external', 'internal']);
  });

  it('leaves its session open when it closes to reconnect', async () => {
    await start({ reconnectGraceMs: 60_000 });
    const conversationId = randomUUID();
    const genesys = peer();
    await genesys.open({ conversationId });
    genesys.sendAudio(SILENCE, 1600);
    await genesys.close('reconnect');
    expect(host.server.sessions.get(`audiohook-${conversationId}`)!.ending).toBe(false);
  });

  it('is asked to come back when the server stops', async () => {
    await start();
    const genesys = peer();
    await genesys.open();
    await host.server.close();
    expect(genesys.received.map(({ type }) => type)).toEqual(['opened', 'reconnect']);
  });

  it('is told when its session ends by another hand, and may close', async () => {
    await start();
    const conversationId = randomUUID();
    const genesys = peer();
    await genesys.open({ conversationId });
    host.server.sessions.get(`audiohook-${conversationId}`)!.end('completed');
    expect((await genesys.untilType('disconnect')).parameters.reason).toBe('completed');
    await genesys.close('disconnect');
    expect(genesys.problems).toEqual([]);
  });

  it('is refused in place of being opened when all sessions are in use, and is counted', async () => {
    await start({ maxSessions: 1 });
    const conversationId = randomUUID();
    await peer().open({ conversationId });
    const genesys = peer();
    genesys.open().catch(() => {});
    const { parameters } = await genesys.untilType('disconnect');
    expect(parameters).toEqual({
      reason: 'error',
      info: 'all 1 sessions of this server are in use; try again later',
    });
    expect(genesys.received).toHaveLength(1);
    await genesys.close('disconnect');
    const metrics = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(metrics).toContain('undertone_sessions_refused_total{reason="session-limit"} 1');
  });

  it('joins the live session of its conversation when all sessions are in use', async () => {
    await start({ maxSessions: 1 });
    const conversationId = randomUUID();
    await peer().open({ conversationId });
    const genesys = peer();
    await genesys.open({ conversationId });
    await genesys.close();
    expect(genesys.problems).toEqual([]);
  });

  it('goes on after a text over 64 KiB, after what is no JSON, and after half a frame, and counts them', async () => {
    await start();
    const genesys = peer();
    await genesys.open();
    genesys.socket.send('x'.repeat(64 * 1024 + 1));
    genesys.socket.send('{');
    genesys.socket.send(new Uint8Array(3201));
    genesys.sendAudio(SILENCE, 1600);
    await genesys.ping();
    await genesys.close();
    expect(genesys.problems).toEqual([]);
    expect(heard()).toHaveLength(2);
    const metrics = await (await fetch(`${host.server.url}/metrics`)).text();
    for (const reason of ['oversized-message', 'malformed-message', 'bad-samples']) {
      expect(metrics).toContain(`undertone_ingest_refused_total{reason="${reason}"} 1`);
    }
  });

  it('is disconnected for a run of what is no JSON', async () => {
    await start();
    const genesys = peer();
    await genesys.open();
    for (let i = 0; i < 60; i += 1) genesys.socket.send('{');
    expect((await genesys.untilType('disconnect')).parameters.reason).toBe('error');
    expect((await genesys.closed).code).toBe(CLOSE_CODES.malformed.code);
  });

  it('hears nothing of audio in a pause, which costs the call beside it nothing', async () => {
    await start();
    const neighbour = peer();
    await neighbour.open();
    const genesys = peer();
    await genesys.open();
    genesys.send('paused');
    genesys.sendAudio(SILENCE, 1600);
    await genesys.ping();
    await genesys.close('disconnect');
    expect(heard()).toHaveLength(0);
    neighbour.sendAudio(SILENCE, 1600);
    await until(() => heard().length === 2);
    await neighbour.ping();
    await neighbour.close();
    expect(neighbour.problems).toEqual([]);
  });
});

describe('an AudioHook client is let in', () => {
  const config = { audiohookApiKey: API_KEY, audiohookClientSecret: CLIENT_SECRET };
  const signed = { apiKey: API_KEY, clientSecret: CLIENT_SECRET };

  /** Told no sooner than half a second after it connected, and nothing before. */
  async function expectRefused(options: Partial<AudioHookPeerOptions>): Promise<void> {
    const startedMs = performance.now();
    const genesys = peer(options);
    await genesys.connected();
    genesys.send('open', {});
    expect((await genesys.untilType('disconnect')).parameters.reason).toBe('unauthorized');
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(490);
    expect(genesys.received).toHaveLength(1);
    await genesys.close('disconnect');
    expect(genesys.problems).toEqual([]);
  }

  it('with its key and its signature', async () => {
    await start(config);
    const genesys = peer(signed);
    await genesys.open();
    await genesys.close();
    expect(genesys.problems).toEqual([]);
  });

  it('neither with another key, nor unsigned, nor signed by another, nor late', async () => {
    await start(config);
    const createdS = Math.floor(Date.now() / 1000) - 60;
    await Promise.all([
      expectRefused({ ...signed, apiKey: 'another-key' }),
      expectRefused({ apiKey: API_KEY }),
      expectRefused({ ...signed, clientSecret: 'YW5vdGhlcg==' }),
      expectRefused({ ...signed, signing: { createdS, expiresS: createdS + 120 } }),
    ]);
    expect(host.server.sessions.list()).toEqual([]);
  });

  it('once with one signature', async () => {
    await start(config);
    const signing = { nonce: 'VGhpcyBpcyBhIG5vbmNlIQ==' };
    const sessionId = randomUUID();
    await peer({ ...signed, signing, sessionId }).open();
    await expectRefused({ ...signed, signing });
  });

  it('by no name of the server that the request brings itself', async () => {
    const guarded = { ...config, token: 'a-secret-of-some-length' };
    await start(guarded);
    const evil = { ...signed, signing: { authority: 'evil.example' } };
    const forwarded = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
    await Promise.all([{ host: 'evil.example' }, forwarded].map((headers) => expectRefused({ ...evil, headers })));
    await host.server.close();
    await start({ ...guarded, publicUrl: 'https://calls.example.com' });
    await peer({ ...signed, signing: { authority: 'calls.example.com' } }).open();
    await expectRefused({ ...evil, headers: { host: 'evil.example' } });
  });

  it('for its own organization alone', async () => {
    await start(config);
    const genesys = peer(signed);
    genesys.open({ organizationId: randomUUID() }).catch(() => {});
    expect((await genesys.untilType('disconnect')).parameters.reason).toBe('unauthorized');
    await genesys.close('disconnect');
    expect(genesys.received.map(({ type }) => type)).toEqual(['disconnect', 'closed']);
  });

  it('by the server’s token as its key, where it has none of its own', async () => {
    await start({ token: 'a-secret-of-some-length' });
    await peer({ apiKey: 'a-secret-of-some-length' }).open();
    await expectRefused({ apiKey: API_KEY });
  });

  it('never as a web page, where nothing is asked for', async () => {
    await start();
    await expect(peer({ headers: { origin: 'https://evil.example' } }).connected()).rejects.toThrow('HTTP 403');
  });
});

import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE_CODES, TOKEN_SUBPROTOCOL_PREFIX } from '../../../../client-sdk/protocol/index.ts';
import { readStreamSettings } from '../../../../server/ingest/freeswitch/stream-settings.ts';
import { HearingServer } from '../../../support/server/hearing-server.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { FreeSwitchPeer, type FreeSwitchPeerOptions } from '../../../support/telephony/freeswitch-peer.ts';
import { encodeLinear16, interleave } from '../../../support/telephony/mulaw-encode.ts';
import { until } from '../../../support/until.ts';

const TOKEN = 'a-secret-of-some-length';
const level = (value: number, samples = 160) => encodeLinear16(new Float32Array(samples).fill(value));

const host = new HearingServer();
const { start, of } = host;
const heard = () => of('audio');

const peer = (options: Partial<FreeSwitchPeerOptions> = {}) =>
  new FreeSwitchPeer({ socketUrl: host.server.socketUrl, ...options });

describe('a stream of FreeSWITCH', () => {
  it('brings both channels, each with its role, and ends its session when it is stopped', async () => {
    await start();
    const metadata = JSON.stringify({
      sessionId: 'call-7',
      title: 'Queue 3',
      mix: 'stereo',
      calleeName: 'Ann Example',
    });
    const stream = await peer().start(metadata);
    stream.sendAudio(interleave(level(0.5), level(-0.25), 2));
    stream.sendAudio(interleave(level(0.5), level(-0.25), 2));
    await stream.stop('{"why":"hangup"}');
    const session = host.server.sessions.get('freeswitch-call-7')!;
    expect(await session.finished).toBe('completed');
    expect(session.summary()).toMatchObject({
      title: 'Queue 3',
      participants: [
        { id: 'caller', role: 'customer', displayName: null },
        { id: 'callee', role: 'agent', displayName: 'Ann Example' },
      ],
    });
    expect(heard().map(({ trackId, startMs, sampleRateHz }) => [trackId, startMs, sampleRateHz])).toEqual([
      ['1-1', 0, 8000],
      ['1-2', 0, 8000],
      ['1-1', 20, 8000],
      ['1-2', 20, 8000],
    ]);
    expect([heard()[0]!.samples[5], heard()[1]!.samples[5]]).toEqual([
      expect.closeTo(0.5, 3),
      expect.closeTo(-0.25, 3),
    ]);
    expect(host.server.logLines.join('')).not.toContain('Ann');
  });

  it.each([
    ['the caller alone, at 8 kHz, when nothing is said', '', undefined, 'caller', 'customer', 8000],
    ['the caller alone, when what is said is no JSON', '', 'hello', 'caller', 'customer', 8000],
    ['both in one channel, at 16 kHz', '?rate=16000&mix=mixed', undefined, 'call', 'unknown', 16_000],
    [
      'what the metadata says before what the address does',
      '?rate=8000',
      '{"rate":"16k"}',
      'caller',
      'customer',
      16_000,
    ],
    ['jambonz says it', '', '{"sampleRate":24000,"mixType":"mixed"}', 'call', 'unknown', 24_000],
    ['Vonage says it', '', '{"content-type":"audio/l16;rate=16000"}', 'caller', 'customer', 16_000],
  ] as const)('is taken as %s', async (_what, query, metadata, id, role, sampleRateHz) => {
    await start();
    const stream = await peer({ query }).start(metadata);
    stream.sendAudio(level(0.1));
    await until(() => heard().length === 1);
    expect(host.frames[0]).toMatchObject({ kind: 'track', participant: { id, role } });
    expect(heard()[0]).toMatchObject({ sampleRateHz });
  });

  it('gets the subprotocol that it offers, and never the one that carries a token', async () => {
    await start();
    const protocolOf = async (offered: string[]): Promise<string> => {
      const socket = new WebSocket(`${host.server.socketUrl}/v1/freeswitch`, offered);
      await once(socket, 'open');
      socket.close(1000);
      await once(socket, 'close');
      return socket.protocol;
    };
    expect(await protocolOf(['audio.drachtio.org'])).toBe('audio.drachtio.org');
    expect(await protocolOf([`${TOKEN_SUBPROTOCOL_PREFIX}anything`, 'media'])).toBe('media');
  });

  it('that breaks off leaves its session to the grace', async () => {
    await start({ reconnectGraceMs: 50 });
    const stream = await peer().start('{"sessionId":"call-8"}');
    stream.sendAudio(level(0.1));
    await until(() => heard().length === 1);
    stream.socket.terminate();
    expect(await host.server.sessions.get('freeswitch-call-8')!.finished).toBe('disconnected');
  });

  it('of another rate than it says is heard at the wrong one, which the session and the log tell', async () => {
    const clock = new ManualClock();
    await start({ maxLeadMs: 3_600_000 }, { clock });
    const stream = await peer().start('{"sessionId":"call-9"}');
    // A second of 32 kHz each second.
    for (let second = 0; second < 12; second += 1) {
      for (let i = 0; i < 10; i += 1) stream.sendAudio(level(0.1, 3200));
      await until(() => heard().length === 10 * (second + 1));
      clock.advance(1000);
    }
    const { notices } = host.server.sessions.get('freeswitch-call-9')!.summary();
    expect(notices).toMatchObject([{ code: 'fast-media' }]);
    expect(host.server.logLines.filter((line) => line.includes('fast-media'))).toHaveLength(1);
    // The server would wait for a live session to end, by a clock that stands still.
    await stream.stop();
    await host.server.sessions.get('freeswitch-call-9')!.finished;
  });

  it('with half a sample frame loses that message alone', async () => {
    await start();
    const stream = await peer().start();
    stream.sendAudio(level(0.1).subarray(1));
    stream.sendAudio(level(0.1));
    await until(() => heard().length === 1);
    const metrics = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(metrics).toContain('undertone_ingest_refused_total{reason="bad-samples"} 1');
  });

  it('needs the token, in its metadata or its headers, and not in its address', async () => {
    await start({ token: TOKEN });
    const refused = { code: CLOSE_CODES.unauthorized.code, reason: 'unauthorized' };
    expect(await (await peer().start('{"token":"wrong"}')).closed).toEqual(refused);
    expect(await (await peer({ query: `?token=${TOKEN}` }).start('{}')).closed).toEqual(refused);
    const mute = await peer().start();
    mute.sendAudio(level(0.1));
    expect(await mute.closed).toEqual(refused);
    expect(host.server.sessions.liveCount).toBe(0);
    await peer().start(JSON.stringify({ token: TOKEN }));
    await until(() => host.server.sessions.liveCount === 1);
    (await peer({ headers: { Authorization: `Bearer ${TOKEN}` } }).start()).sendAudio(level(0.1));
    await until(() => host.server.sessions.liveCount === 2);
  });
});

describe('the settings of a stream', () => {
  it('are taken from anything without harm', () => {
    expect(readStreamSettings('/v1/freeswitch?mix=quadro&rate=4000', '[1]')).toMatchObject({
      sampleRateHz: 8000,
      mix: 'mono',
    });
  });
});

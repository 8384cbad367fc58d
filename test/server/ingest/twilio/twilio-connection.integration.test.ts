import { describe, expect, it } from 'vitest';
import { CLOSE_CODES } from '../../../../client-sdk/protocol/index.ts';
import { HearingServer } from '../../../support/server/hearing-server.ts';
import { Subscriber } from '../../../support/server/peers.ts';
import { publisherToken, SECRET } from '../../../support/server/publisher-token.ts';
import { TwilioPeer, type TwilioPeerOptions } from '../../../support/telephony/twilio-peer.ts';
import { until } from '../../../support/until.ts';

const SILENCE = new Uint8Array(160).fill(0xff);
const AUTH_TOKEN = 'twilio-auth-token';
const TOKEN = 'a-secret-of-some-length';

const host = new HearingServer();
const { start, of } = host;
const heard = () => of('audio');

const peer = (options: Partial<TwilioPeerOptions> = {}, callSid?: string) =>
  new TwilioPeer({ socketUrl: host.server.socketUrl, ...options }, callSid);
const closing = (reason: keyof typeof CLOSE_CODES) => ({ code: CLOSE_CODES[reason].code, reason });

describe('a Twilio media stream', () => {
  it('brings both parties of the call, each with its role and its time, and ends the session', async () => {
    await start();
    const twilio = await peer().start();
    twilio.sendMedia('inbound', 5, SILENCE);
    twilio.sendMedia('outbound', 25, SILENCE);
    twilio.sendMedia('inbound', 25, SILENCE);
    twilio.stop();
    expect((await twilio.closed).code).toBe(1000);
    const session = host.server.sessions.get(twilio.sessionId)!;
    expect(await session.finished).toBe('completed');
    expect(session.summary().participants).toEqual([
      { id: 'inbound', role: 'customer', displayName: null },
      { id: 'outbound', role: 'agent', displayName: null },
    ]);
    expect(heard().map(({ trackId, startMs }) => [trackId, startMs])).toEqual([
      ['1-1', 5],
      ['1-2', 25],
      ['1-1', 25],
    ]);
    expect(heard()[0]).toMatchObject({ sampleRateHz: 8000, samples: new Float32Array(160) });
  });

  it('takes session, title, ids, roles and names from the TwiML’s parameters', async () => {
    await start({ telephonyRoles: { far: 'attendee', near: 'unknown' } });
    const parameters = {
      sessionId: 'order-17',
      title: 'A call back',
      inboundId: 'ann',
      inboundName: 'Ann Example',
      outboundRole: 'agent',
      inboundRole: 'emperor',
    };
    const twilio = await peer({ parameters }).start();
    twilio.sendMedia('inbound', 0, SILENCE);
    twilio.sendMedia('outbound', 0, SILENCE);
    twilio.stop();
    await twilio.closed;
    expect(host.server.sessions.get('twilio-order-17')!.summary()).toMatchObject({
      title: 'A call back',
      participants: [
        { id: 'ann', role: 'attendee', displayName: 'Ann Example' },
        { id: 'outbound', role: 'agent', displayName: null },
      ],
    });
    expect(host.server.logLines.join('')).not.toContain('Ann');
  });

  it('may be opened again for a call whose stream has stopped', async () => {
    await start();
    const first = await peer().start();
    first.sendMedia('inbound', 0, SILENCE);
    first.stop();
    await first.closed;
    await host.server.sessions.get(first.sessionId)!.finished;
    const second = await peer({}, first.callSid).start();
    second.sendMedia('inbound', 0, SILENCE);
    await until(() => host.server.sessions.get(`twilio-${second.streamSid}`)?.summary().participants.length === 2);
  });

  it('joins the session that its call already has, on the session’s time and with names of its own', async () => {
    await start();
    const first = await peer().start();
    first.sendMedia('inbound', 4000, SILENCE);
    await until(() => heard().length === 1);
    const second = await peer({}, first.callSid).start();
    second.sendMedia('inbound', 0, SILENCE);
    await until(() => heard().length === 2);
    expect(heard()[1]!.startMs).toBeGreaterThanOrEqual(4000);
    expect(
      host.server.sessions
        .get(first.sessionId)!
        .summary()
        .participants.map(({ id }) => id),
    ).toEqual(['inbound', 'outbound', 'inbound-2', 'outbound-2']);
  });

  it('that breaks off leaves its session to the grace', async () => {
    await start({ reconnectGraceMs: 50 });
    const twilio = await peer().start();
    twilio.sendMedia('inbound', 0, SILENCE);
    await until(() => heard().length === 1);
    twilio.socket.terminate();
    expect(await host.server.sessions.get(twilio.sessionId)!.finished).toBe('disconnected');
  });

  it('counts what Twilio numbered and did not deliver', async () => {
    await start();
    const twilio = await peer().start();
    twilio.sendMedia('inbound', 0, SILENCE);
    twilio.lose(3);
    twilio.sendMedia('inbound', 80, SILENCE);
    twilio.stop();
    await twilio.closed;
    expect(await (await fetch(`${host.server.url}/metrics`)).text()).toContain('undertone_ingest_lost_total 3');
  });

  it('loses nothing to messages that come out of order within the jitter budget', async () => {
    await start();
    const twilio = await peer().start();
    const media = (number: number) =>
      twilio.send({
        event: 'media',
        sequenceNumber: `${number + 2}`,
        media: { track: 'inbound', timestamp: `${20 * number}`, payload: Buffer.from(SILENCE).toString('base64') },
      });
    for (const number of [0, 4, 2, 3, 1, 5, 9, 7, 8, 6, 10]) media(number);
    twilio.stop();
    await twilio.closed;
    expect(heard()).toHaveLength(11);
    const metrics = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(metrics).toContain('undertone_ingest_lost_total 0');
  });

  it('goes on when its timestamps and numbers begin again, and tells so', async () => {
    await start();
    const twilio = await peer().start();
    for (let ms = 0; ms < 3000; ms += 100) twilio.sendMedia('inbound', ms, SILENCE);
    twilio.lose(-30);
    for (let ms = 0; ms < 1000; ms += 100) twilio.sendMedia('inbound', ms, SILENCE);
    twilio.stop();
    await twilio.closed;
    await host.server.sessions.get(twilio.sessionId)!.finished;
    const times = heard().map(({ startMs }) => startMs);
    expect(times).toHaveLength(39);
    expect(times.every((ms, i) => i === 0 || ms > times[i - 1]!)).toBe(true);
    const summary = await (await fetch(`${host.server.url}/v1/sessions/${twilio.sessionId}`)).json();
    expect(summary).toMatchObject({
      notices: [{ code: 'clock-jump', message: expect.stringMatching(/back by [23]\.\d s/) }],
    });
    expect(host.server.logLines.filter((line) => line.includes('clock-jump'))).toHaveLength(1);
  });

  it('reaches a subscriber as events', async () => {
    await start();
    const twilio = await peer().start();
    twilio.sendMedia('inbound', 0, SILENCE);
    await until(() => heard().length === 1);
    const subscriber = await new Subscriber(host.server.socketUrl).start(twilio.sessionId);
    twilio.stop();
    await subscriber.closed;
    expect(subscriber.received.map(({ type }) => type)).toContain('utterance.emotion');
  });
});

describe('a stream is let in', () => {
  it('only with Twilio’s signature, where the account’s auth token is known', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN, token: TOKEN });
    expect(await peer({ authToken: AUTH_TOKEN }).refusedWith).toBeUndefined();
    expect(await peer({ authToken: 'another-token' }).refusedWith).toBe(401);
    expect(await peer().refusedWith).toBe(401);
    expect(host.server.sessions.liveCount).toBe(0);
  });

  it('by the signature over the address that Twilio was told, behind a proxy', async () => {
    const publicUrl = 'https://calls.example.com/undertone/';
    await start({ twilioAuthToken: AUTH_TOKEN, publicUrl });
    const signedUrl = 'wss://calls.example.com/undertone/v1/twilio';
    expect(await peer({ authToken: AUTH_TOKEN, signedUrl }).refusedWith).toBeUndefined();
    expect(await peer({ authToken: AUTH_TOKEN }).refusedWith).toBe(401);
  });

  it('by each signature that Twilio’s own library accepts: with and without the port, by SHA-1 and SHA-256', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN, publicUrl: 'https://calls.example.com' });
    const ways = ['wss', 'https'].flatMap((scheme) => [
      `${scheme}://calls.example.com/v1/twilio`,
      `${scheme}://calls.example.com:443/v1/twilio`,
      `${scheme}://calls.example.com/v1/twilio/`,
    ]);
    for (const signedUrl of ways) {
      for (const signedBy of ['sha1', 'sha256'] as const) {
        const refusedWith = await peer({ authToken: AUTH_TOKEN, signedUrl, signedBy }).refusedWith;
        expect({ signedUrl, signedBy, refusedWith }).toEqual({ signedUrl, signedBy, refusedWith: undefined });
      }
    }
    const elsewhere = 'wss://calls.example.com:8443/v1/twilio';
    expect(await peer({ authToken: AUTH_TOKEN, signedUrl: elsewhere }).refusedWith).toBe(401);
  });

  it('by no name of the server that the request brings itself', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN, token: TOKEN });
    const signedUrl = 'wss://evil.example/v1/twilio';
    const forwarded = { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' };
    for (const headers of [{ Host: 'evil.example' }, forwarded, { Host: 'evil.example', ...forwarded }]) {
      expect(await peer({ authToken: AUTH_TOKEN, signedUrl, headers }).refusedWith).toBe(401);
    }
    await host.server.close();
    await start({ twilioAuthToken: AUTH_TOKEN, token: TOKEN, publicUrl: 'https://calls.example.com' });
    expect(await peer({ authToken: AUTH_TOKEN, signedUrl, headers: { Host: 'evil.example' } }).refusedWith).toBe(401);
    expect(await peer({ authToken: AUTH_TOKEN }).refusedWith).toBe(401);
  });

  it('of the account that is configured, and of no other', async () => {
    const twilioAccountSid = `AC${'0'.repeat(32)}`;
    await start({ twilioAuthToken: AUTH_TOKEN, twilioAccountSid });
    const other = await peer({ authToken: AUTH_TOKEN }).start();
    expect(await other.closed).toEqual(closing('unauthorized'));
    await peer({ authToken: AUTH_TOKEN, accountSid: twilioAccountSid }).start();
    await until(() => host.server.sessions.liveCount === 1);
  });

  it('once, whatever call it says it is of', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN });
    const first = await peer({ authToken: AUTH_TOKEN }).start();
    first.sendMedia('inbound', 0, SILENCE);
    await until(() => heard().length === 1);
    for (const callSid of [first.callSid, `CA${'1'.repeat(32)}`]) {
      const options = { socketUrl: host.server.socketUrl, authToken: AUTH_TOKEN };
      const replayed = await new TwilioPeer(options, callSid, first.streamSid).start();
      expect(await replayed.closed).toEqual(closing('unauthorized'));
    }
    expect(host.server.sessions.liveCount).toBe(1);
  });

  it('with a token beside the signature, where one is asked for, and never with a wrong one', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN, token: SECRET, twilioRequireToken: true });
    const signed = (parameters: Record<string, string>) => peer({ authToken: AUTH_TOKEN, parameters }).start();
    for (const parameters of [{}, { token: 'wrong' }, { token: publisherToken({}, `another ${SECRET}`) }]) {
      expect(await (await signed(parameters)).closed).toEqual(closing('unauthorized'));
    }
    await signed({ token: publisherToken({ session: 'order-17' }) });
    await until(() => host.server.sessions.get('order-17') !== undefined);
    await host.server.close();
    await start({ twilioAuthToken: AUTH_TOKEN, token: SECRET });
    expect(await (await signed({ token: 'wrong' })).closed).toEqual(closing('unauthorized'));
  });

  it('in good time after it has connected', async () => {
    await start({ twilioAuthToken: AUTH_TOKEN, helloTimeoutMs: 100 });
    const late = peer({ authToken: AUTH_TOKEN });
    await late.refusedWith;
    late.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    expect(await late.closed).toEqual(closing('idle'));
  });

  it('only with the token among its parameters, where there is no signature to check', async () => {
    await start({ token: TOKEN });
    expect(await (await peer().start()).closed).toEqual(closing('unauthorized'));
    expect(await (await peer({ parameters: { token: 'wrong' } }).start()).closed).toEqual(closing('unauthorized'));
    expect(host.server.sessions.liveCount).toBe(0);
    const twilio = await peer({ parameters: { token: TOKEN } }).start();
    twilio.sendMedia('inbound', 0, SILENCE);
    await until(() => host.server.sessions.liveCount === 1);
  });

  it('never from a web page', async () => {
    await start();
    const { WebSocket } = await import('ws');
    const page = new WebSocket(`${host.server.socketUrl}/v1/twilio`, { origin: 'https://evil.example' });
    const status = await new Promise((resolve) => {
      page.once('unexpected-response', (_request, response) => resolve(response.statusCode));
      page.on('error', () => {});
    });
    expect(status).toBe(403);
  });
});

describe('a message alone is dropped, counted, and logged once per kind', () => {
  const media = (fields: object | null) => JSON.stringify({ event: 'media', media: fields });
  it.each([
    ['not JSON', '{"event":"media","media":{', 'malformed-message'],
    ['null', 'null', 'malformed-message'],
    ['binary', Buffer.from('{}'), 'malformed-message'],
    ['media without content', media(null), 'malformed-message'],
    ['media without a time', media({ track: 'inbound', payload: '/w==' }), 'malformed-message'],
    ['of an unknown event', '{"event":"warning"}', 'unknown-message'],
    ['of an event that quotes somebody', '{"event":"Ann said no"}', 'unknown-message'],
    ['a second start', '{"event":"start","start":{"callSid":"CA1","streamSid":"MZ1"}}', 'misplaced-message'],
    ['larger than 64 KiB', JSON.stringify({ event: 'mark', x: 'x'.repeat(64 * 1024) }), 'oversized-message'],
  ] as const)('when it is %s', async (_what, data, reason) => {
    await start();
    const twilio = await peer().start();
    twilio.sendMedia('inbound', 0, SILENCE);
    twilio.socket.send(data);
    twilio.socket.send(data);
    twilio.sendMedia('inbound', 20, SILENCE);
    await until(() => heard().length === 2);
    const metrics = await (await fetch(`${host.server.url}/metrics`)).text();
    expect(metrics).toContain(`undertone_ingest_refused_total{reason="${reason}"} 2`);
    const lines = host.server.logLines.filter((line) => line.includes('was dropped'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { source: 'twilio', sessionId: twilio.sessionId, reason },
    ]);
    expect(lines.join('')).not.toContain('Ann');
  });

  it('and a stream of which one message in three is bad goes on', async () => {
    await start();
    const twilio = await peer().start();
    for (let i = 0; i < 40; i += 1) {
      twilio.sendMedia('inbound', 20 * i, SILENCE);
      if (i % 2 === 0) twilio.socket.send('{"event":');
    }
    await until(() => heard().length === 40);
    expect(host.server.sessions.liveCount).toBe(1);
  });
});

describe('a stream is closed', () => {
  it.each([
    ['not JSON', '{"event":', 'malformed'],
    ['no message of Twilio', '{"hello":1}', 'malformed'],
    [
      'media before the start',
      '{"event":"media","media":{"track":"inbound","timestamp":"0","payload":"/w=="}}',
      'unexpected-message',
    ],
    ['larger than 64 KiB', JSON.stringify({ event: 'mark', mark: { name: 'x'.repeat(64 * 1024) } }), 'too-large'],
  ] as const)('when it sends what is %s', async (_what, text, reason) => {
    await start();
    const twilio = peer();
    await twilio.refusedWith;
    twilio.socket.send(text);
    expect(await twilio.closed).toEqual(closing(reason));
    expect(host.server.sessions.liveCount).toBe(0);
  });

  it.each([
    [
      'Telnyx',
      { stream_id: 's', start: { call_control_id: 'v2:x', media_format: { encoding: 'PCMU', sample_rate: 8000 } } },
    ],
    ['Plivo', { start: { callId: 'c', streamId: 's', mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000 } } }],
    ['Exotel', { stream_sid: 's', start: { stream_sid: 's', call_sid: 'c', media_format: { encoding: 'base64' } } }],
    [
      'SignalWire in L16',
      {
        streamSid: 'MZ1',
        start: {
          streamSid: 'MZ1',
          accountSid: 'a',
          callSid: 'c',
          tracks: ['inbound'],
          mediaFormat: { encoding: 'audio/x-L16', sampleRate: 24_000, channels: 1 },
        },
      },
    ],
  ])('for the start of %s, which the log explains', async (_platform, message) => {
    await start();
    const other = peer();
    await other.refusedWith;
    other.send({ event: 'connected', protocol: 'Call', version: '1.0.0' });
    other.send({ event: 'start', sequenceNumber: '1', ...message });
    expect(await other.closed).toEqual(closing('malformed'));
    const [line] = host.server.logLines.filter((each) => each.includes('a source is closed'));
    expect(JSON.parse(line!)).toMatchObject({
      source: 'twilio',
      problem: expect.stringMatching(/^start\.\w+ (is missing|must be)/),
    });
    expect(host.server.sessions.liveCount).toBe(0);
  });

  it('for a run of what is not JSON', async () => {
    await start();
    const twilio = await peer().start();
    for (let i = 0; i < 60; i += 1) twilio.socket.send('{"event":');
    expect(await twilio.closed).toEqual(closing('malformed'));
  });

  it('when it never starts, and when it falls silent', async () => {
    await start({ helloTimeoutMs: 100, idleTimeoutMs: 100 });
    const mute = peer();
    expect(await mute.closed).toEqual(closing('idle'));
    const twilio = await peer().start();
    expect(await twilio.closed).toEqual(closing('idle'));
    expect(await host.server.sessions.get(twilio.sessionId)!.finished).toBe('idle');
  });

  it('when every session is in use, and costs the others nothing', async () => {
    await start({ maxSessions: 1 });
    const first = await peer().start();
    first.sendMedia('inbound', 0, SILENCE);
    await until(() => heard().length === 1);
    expect(await (await peer().start()).closed).toEqual(closing('overloaded'));
    first.sendMedia('inbound', 20, SILENCE);
    await until(() => heard().length === 2);
  });
});

import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { grantOfEverything } from '../../../../server/access/grant.ts';
import { IceServers } from '../../../../server/ingest/webrtc/ice-servers.ts';
import { MAX_LISTENERS, WhepEndpoint } from '../../../../server/ingest/webrtc/listening/whep-endpoint.ts';
import { chooseCodec } from '../../../../server/ingest/webrtc/sdp/choose-codecs.ts';
import { type OfferedMedia, parseOffer } from '../../../../server/ingest/webrtc/sdp/offer.ts';
import type { ConnectionHandlers, PassOnRequest } from '../../../../server/ingest/webrtc/transport/media-transport.ts';
import type { WebRtcPublisher } from '../../../../server/ingest/webrtc/webrtc-publisher.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../../support/server/test-server.ts';
import { VOICE_OFFER } from '../../../support/webrtc/offers.ts';

const LISTEN_OFFER = VOICE_OFFER.replace('a=sendonly', 'a=recvonly').replaceAll('111', '109');
const VIDEO_SECTION = [
  'm=video 9 UDP/TLS/RTP/SAVPF 120 126 124',
  'a=mid:1',
  'a=recvonly',
  'a=rtcp-mux',
  'a=rtpmap:120 VP8/90000',
  'a=rtpmap:126 H264/90000',
  'a=fmtp:126 profile-level-id=42e01f;packetization-mode=1',
  'a=rtcp-fb:126 nack pli',
  'a=rtpmap:124 rtx/90000',
  'a=fmtp:124 apt=126',
  '',
].join('\r\n');
const BOTH_OFFER = LISTEN_OFFER.replace('BUNDLE 0', 'BUNDLE 0 1') + VIDEO_SECTION;

const SUPERVISOR = grantOfEverything('supervisor');

/** An endpoint before one publisher, Ann, whose transport is made of nothing but the listeners' handlers. */
function setUp({ publishes = VOICE_OFFER }: { publishes?: string } = {}) {
  const clock = new ManualClock();
  const passedOn: { handlers: ConnectionHandlers; request: PassOnRequest; closed: boolean }[] = [];
  const gate = { hold: Promise.resolve() as Promise<void>, refusal: null as 'overloaded' | null, joined: 0 };
  const sections = parseOffer(publishes).sections as readonly OfferedMedia[];
  const ann = {
    part: { session: { id: 'call' } },
    participant: { id: 'ann' },
    codecs: sections.flatMap((section) => chooseCodec(section) ?? []),
    async passOn(request: PassOnRequest) {
      await gate.hold;
      const one = { handlers: request.handlers, request, closed: false };
      passedOn.push(one);
      return {
        local: { ufrag: 'u', password: 'p', fingerprints: [], candidates: [] },
        sent: new Map([...request.chosen.keys()].map((mid, index) => [mid, { ssrc: 100 + index, cname: 'c' }])),
        close() {
          one.closed = true;
        },
      };
    },
  } as unknown as WebRtcPublisher;
  const whep = new WhepEndpoint({
    isSupported: true,
    isLive: (sessionId) => sessionId === 'call',
    find: (sessionId, participantId) => (sessionId === 'call' && participantId === 'ann' ? ann : undefined),
    refuse: () => gate.refusal,
    helloTimeoutMs: 5000,
    iceServers: new IceServers({ urls: [], turnTtlSeconds: 60, clock }),
    clock,
    meter: { listenerJoined: () => (gate.joined += 1) },
    log: pino({ level: 'silent' }),
  });
  const listen = (sdp = LISTEN_OFFER, query: Record<string, string> = {}) =>
    whep.offer(sdp, { session: 'call', participant: 'ann', ...query }, SUPERVISOR);
  return { clock, passedOn, gate, whep, listen };
}

const outcome = (result: Awaited<ReturnType<WhepEndpoint['offer']>>) =>
  result.kind === 'refused' ? [result.status, result.code] : result.kind;

describe('a listener', () => {
  it('is sent what the publisher sends, in the numbers of its own offer', async () => {
    const { listen } = setUp();
    const result = await listen();
    if (result.kind !== 'answered') throw new Error(result.message);
    const lines = result.answer.split('\r\n');
    expect(lines).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 109');
    expect(lines).toContain('a=rtpmap:109 opus/48000/2');
    for (const line of ['a=sendonly', 'a=setup:passive', 'a=ssrc:100 cname:c', 'a=msid:participant audio', 'a=mid:0']) {
      expect(lines).toContain(line);
    }
    expect(result.answer).not.toMatch(/recvonly|extmap|red\//);
  });

  it('is offered no camera where there is none, and the camera’s own codec where there is one', async () => {
    const voiceOnly = await setUp().listen(BOTH_OFFER);
    expect(voiceOnly).toMatchObject({ answer: expect.stringContaining('m=video 0 ') });
    const h264 = BOTH_OFFER.replaceAll('recvonly', 'sendonly').replace(' 120 126', ' 126').replaceAll('126', '102');
    const { listen, passedOn } = setUp({ publishes: h264 });
    const both = await listen(BOTH_OFFER);
    expect(both).toMatchObject({ answer: expect.stringContaining('m=video 9 UDP/TLS/RTP/SAVPF 126\r\n') });
    expect([...passedOn[0]!.request.chosen.values()].map(({ kind }) => kind)).toEqual(['opus', 'h264']);
    // Another profile cannot be decoded for certain: it is not sent.
    const high = BOTH_OFFER.replace('42e01f', '64001f');
    expect(await listen(high)).toMatchObject({ answer: expect.stringContaining('m=video 0 ') });
  });

  it.each([
    ['an offer that sends', VOICE_OFFER, {}, [422, 'unacceptable-offer']],
    ['no offer at all', 'hello', {}, [422, 'unacceptable-offer']],
    ['a session that there is not', LISTEN_OFFER, { session: 'other' }, [404, 'unknown-session']],
    ['a participant who does not publish', LISTEN_OFFER, { participant: 'bob' }, [409, 'not-publishing']],
  ])('is refused with %s', async (_name, sdp, query, expected) => {
    const { listen, whep, gate } = setUp();
    expect(outcome(await listen(sdp, query))).toEqual(expected);
    expect([whep.openCount, gate.joined]).toEqual([0, 0]);
  });

  it('is refused without a name of whom to hear, when the server is full, and where enough listen already', async () => {
    const { whep, listen, gate, passedOn } = setUp();
    expect(outcome(await whep.offer(LISTEN_OFFER, { session: 'call' }, SUPERVISOR))).toEqual([400, 'bad-request']);
    const all = await Promise.all(Array.from({ length: MAX_LISTENERS + 1 }, () => listen()));
    expect(all.filter(({ kind }) => kind === 'answered')).toHaveLength(MAX_LISTENERS);
    expect(outcome(all.at(-1)!)).toEqual([503, 'overloaded']);
    passedOn[0]!.handlers.onEnded('closed');
    expect(outcome(await listen())).toBe('answered');
    gate.refusal = 'overloaded';
    passedOn[1]!.handlers.onEnded('closed');
    expect(outcome(await listen())).toEqual([503, 'overloaded']);
    expect(gate.joined).toBe(MAX_LISTENERS + 1);
  });

  it('leaves when it does not connect in time, when it shows no sign of life, and with the server', async () => {
    const { whep, listen, passedOn, clock } = setUp();
    await Promise.all([listen(), listen(), listen()]);
    for (const { handlers } of passedOn.slice(1)) handlers.onConnected();
    clock.advance(5000);
    expect(passedOn.map(({ closed }) => closed)).toEqual([true, false, false]);
    for (let second = 0; second < 12; second += 1) {
      passedOn[1]!.handlers.onAlive();
      clock.advance(1000);
    }
    expect(passedOn.map(({ closed }) => closed)).toEqual([true, false, true]);
    whep.close();
    expect(passedOn.map(({ closed }) => closed)).toEqual([true, true, true]);
    expect(whep.openCount).toBe(0);
  });

  it('that is let go before its answer is ready gets none, and keeps nothing', async () => {
    const { whep, listen, passedOn, gate, clock } = setUp();
    const ready = Promise.withResolvers<void>();
    gate.hold = ready.promise;
    const answer = listen();
    clock.advance(5000);
    ready.resolve();
    expect(outcome(await answer)).toEqual([409, 'not-publishing']);
    expect([passedOn[0]!.closed, whep.openCount]).toEqual([true, 0]);
  });
});

describe('WHEP', () => {
  const TOKEN = 'a-secret-of-some-length';
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
  });

  async function start(options: TestServerOptions = {}): Promise<string> {
    const server = await startTestServer(options);
    servers.push(server);
    return `${server.url}/v1/whep`;
  }
  const offer = (url: string, headers: Record<string, string> = {}) =>
    fetch(url, { method: 'POST', body: LISTEN_OFFER, headers: { 'Content-Type': 'application/sdp', ...headers } });

  it('is 501 where the transport passes nothing on, and says what to do', async () => {
    const response = await offer(`${await start()}?session=call&participant=ann`);
    expect(response.status).toBe(501);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect(error.code).toBe('not-supported');
    expect(error.message).toContain('--webrtc mediasoup');
  });

  it('asks for the token, for a listed origin, and for its own media type, before anything else', async () => {
    const whep = await start({ config: { token: TOKEN } });
    expect((await offer(whep)).status).toBe(401);
    expect((await fetch(`${whep}/x`, { method: 'DELETE' })).status).toBe(401);
    const authorized = { Authorization: `Bearer ${TOKEN}` };
    expect((await offer(whep, { ...authorized, Origin: 'https://evil.example.com' })).status).toBe(403);
    expect((await offer(whep, { ...authorized, 'Content-Type': 'application/trickle-ice-sdpfrag' })).status).toBe(415);
    const asked = await fetch(whep, { method: 'OPTIONS', headers: authorized });
    expect([asked.status, asked.headers.get('accept-post')]).toEqual([204, 'application/sdp']);
  });

  it('knows no publisher by its address', async () => {
    const whep = await start();
    const published = await fetch(whep.replace('whep', 'whip'), {
      method: 'POST',
      body: VOICE_OFFER,
      headers: { 'Content-Type': 'application/sdp' },
    });
    const id = published.headers.get('location')!.split('/').at(-1);
    const gone = await fetch(`${whep}/${id}`, { method: 'DELETE' });
    expect([gone.status, await gone.json()]).toMatchObject([404, { error: { code: 'unknown-listener' } }]);
    expect((await fetch(`${whep.replace('whep', 'whip')}/${id}`, { method: 'DELETE' })).status).toBe(200);
  });
});

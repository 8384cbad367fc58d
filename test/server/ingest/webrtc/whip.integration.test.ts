import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { MediaFrame } from '../../../../pipeline/index.ts';
import type { Config } from '../../../../server/config/config-schema.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../../../support/server/test-server.ts';
import { VOICE_OFFER } from '../../../support/webrtc/offers.ts';

const TOKEN = 'a-secret-of-some-length';
const servers: TestServer[] = [];

async function start(
  options: TestServerOptions = {},
): Promise<{ server: TestServer; frames: MediaFrame[]; whip: string }> {
  const frames: MediaFrame[] = [];
  const server = await startTestServer({ script: { onFrame: (frame) => frames.push(frame) }, ...options });
  servers.push(server);
  return { server, frames, whip: `${server.url}/v1/whip` };
}

const offer = (url: string, body = VOICE_OFFER, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/sdp', ...headers } });

const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
];

const openPublishers = async (server: TestServer) =>
  Number(/^undertone_webrtc_publishers_open (\d+)/m.exec(await (await fetch(`${server.url}/metrics`)).text())![1]);

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

describe('WHIP: the answer to an offer', () => {
  it('says where the publisher is, what it receives, and in which session', async () => {
    const { server, whip } = await start();
    const response = await offer(`${whip}?session=call-1&participant=ann&role=customer&name=Ann`);
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/sdp');
    expect(response.headers.get('location')).toMatch(/^\/v1\/whip\/[0-9a-f]{32}$/);
    expect(response.headers.get('etag')).toMatch(/^"\w+"$/);
    expect(response.headers.get('undertone-session')).toBe('call-1');
    expect(response.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
    const lines = (await response.text()).split('\r\n');
    // Redundant audio first, so that the sender uses it.
    expect(lines).toContain('m=audio 9 UDP/TLS/RTP/SAVPF 63 111');
    for (const line of ['a=ice-lite', 'a=setup:passive', 'a=recvonly', 'a=rtcp-mux', 'a=group:BUNDLE 0', 'a=mid:0']) {
      expect(lines).toContain(line);
    }
    expect(lines.filter((line) => line.startsWith('a=candidate:'))).toEqual([
      `a=candidate:1 1 udp 2130706431 127.0.0.1 ${server.webRtcPort} typ host`,
    ]);
    expect(server.sessions.get('call-1')?.state).toBe('live');
  });

  it.each([
    ['actpass', 'passive'],
    ['active', 'passive'],
    ['passive', 'active'],
  ])('to one that is %s in DTLS is %s', async (theirs, ours) => {
    const { whip } = await start();
    const response = await offer(whip, VOICE_OFFER.replace('actpass', theirs));
    expect(await response.text()).toContain(`a=setup:${ours}\r\n`);
  });

  it('receives a section that waits for the bundle (port 0, bundle-only), and rejects one that does not', async () => {
    const { whip } = await start();
    const video = (port: number, ...more: string[]) =>
      [
        `m=video ${port} UDP/TLS/RTP/SAVPF 96`,
        'c=IN IP4 0.0.0.0',
        'a=mid:1',
        'a=sendonly',
        'a=rtpmap:96 VP8/90000',
        ...more,
        '',
      ].join('\r\n');
    const both = VOICE_OFFER.replace('BUNDLE 0', 'BUNDLE 0 1');
    const waiting = await (await offer(whip, both + video(0, 'a=bundle-only'))).text();
    expect(waiting).toContain('m=video 9 UDP/TLS/RTP/SAVPF 96');
    expect(waiting).toContain('a=group:BUNDLE 0 1');
    const rejected = await (await offer(whip, both + video(0))).text();
    expect(rejected).toContain('m=video 0 UDP/TLS/RTP/SAVPF 96');
  });

  it('and its address answer OPTIONS', async () => {
    const { whip } = await start();
    const location = (await offer(whip)).headers.get('location')!;
    const asked = await fetch(new URL(location, whip), { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('allow')]).toEqual([204, 'PATCH, DELETE, OPTIONS']);
  });

  it('tells the addresses that it is reached at: those that were named, or those of its interfaces', async () => {
    const candidates = async (config: Partial<Config>) => {
      const { whip } = await start({ config: { host: '0.0.0.0', ...config } });
      return [...(await (await offer(whip)).text()).matchAll(/^a=candidate:.* (\S+) \d+ typ host/gm)].map(
        ([, address]) => address,
      );
    };
    expect(await candidates({ webrtcAddresses: ['203.0.113.7', '2001:db8::7'] })).toEqual([
      '203.0.113.7',
      '2001:db8::7',
    ]);
    const own = await candidates({});
    expect(own.length).toBeGreaterThan(0);
    expect(own).not.toContain('0.0.0.0');
  });

  it('names the ICE servers, with TURN credentials that expire', async () => {
    const iceServers = ['stun:stun.example.com:3478', 'turns:turn.example.com:443?transport=tcp'];
    const { whip } = await start({ config: { iceServers, turnSecret: 'shared', turnTtlSeconds: 600 } });
    const links = (await offer(whip)).headers.get('link')!;
    expect(links).toContain('<stun:stun.example.com:3478>; rel="ice-server"');
    const turn =
      /<turns:[^>]+>; rel="ice-server"; username="(\d+):(\w+)"; credential="([^"]+)"; credential-type="password"/;
    const [, expires, id, credential] = turn.exec(links)!;
    expect(Math.abs(Number(expires) - Date.now() / 1000 - 600)).toBeLessThan(10);
    expect(credential).toBe(createHmac('sha1', 'shared').update(`${expires}:${id}`).digest('base64'));
    const asked = await fetch(whip, { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('accept-post')]).toEqual([204, 'application/sdp']);
    expect(asked.headers.get('link')).toMatch(turn);
  });

  it.each([
    ['no description', 'hello', 422, 'unacceptable-offer'],
    ['no media', 'v=0\r\n', 422, 'unacceptable-offer'],
    [
      'fingerprints of SHA-1 alone',
      VOICE_OFFER.replace(/sha-256 .*/, `sha-1 ${Array(20).fill('AB').join(':')}`),
      422,
      'unacceptable-offer',
    ],
    ['a header extension of no id', VOICE_OFFER.replace('extmap:4', 'extmap:x'), 422, 'unacceptable-offer'],
    [
      'a port of SCTP that is none',
      `${VOICE_OFFER}m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\na=sctp-port:65536\r\n`,
      422,
      'unacceptable-offer',
    ],
    ['no fingerprint', VOICE_OFFER.replace(/a=fingerprint.*\r\n/, ''), 422, 'unacceptable-offer'],
    ['no ICE credentials', VOICE_OFFER.replace(/a=ice-pwd.*\r\n/, ''), 422, 'unacceptable-offer'],
    ['nothing that is received', VOICE_OFFER.replaceAll('opus', 'speex'), 422, 'unacceptable-offer'],
    ['media that is only received', VOICE_OFFER.replace('sendonly', 'recvonly'), 422, 'unacceptable-offer'],
    ['too many sections', VOICE_OFFER + 'm=audio 0 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(9), 422, 'unacceptable-offer'],
    ['more than an offer can be', VOICE_OFFER + 'a=x\r\n'.repeat(20_000), 413, 'bad-request'],
  ])('is a refusal when there is %s', async (_name, body, status, code) => {
    const { server, whip } = await start();
    expect(await codeOf(await offer(whip, body))).toEqual([status, code]);
    expect(await openPublishers(server)).toBe(0);
    expect(server.sessions.list().filter(({ state }) => state === 'live')).toEqual([]);
  });

  it('is a refusal for another body, another method, and an address that is not well-formed', async () => {
    const { whip } = await start();
    const plain = { 'Content-Type': 'application/json' };
    expect((await offer(whip, '{}', plain)).status).toBe(415);
    expect((await fetch(whip)).status).toBe(405);
    for (const query of [
      'participant=a%20b',
      'role=chief',
      'session=..',
      'session=a&session=b',
      `title=${'x'.repeat(201)}`,
    ]) {
      expect(await codeOf(await offer(`${whip}?${query}`))).toEqual([400, 'bad-request']);
    }
  });

  it('is 409 for a session that has ended, and 503 when the server is full', async () => {
    const { server, whip } = await start({ config: { maxConnections: 1 } });
    const publisher = await offer(`${whip}?session=one`);
    expect(await codeOf(await offer(`${whip}?session=two`))).toEqual([503, 'overloaded']);
    expect((await offer(whip)).headers.get('retry-after')).toBe('5');
    await fetch(new URL(publisher.headers.get('location')!, whip), { method: 'DELETE' });
    await server.sessions.get('one')!.finished;
    expect(await codeOf(await offer(`${whip}?session=one`))).toEqual([409, 'session-taken']);
  });

  it('is 503 where WebRTC is off', async () => {
    const { server, whip } = await start({ config: { webrtc: 'off' } });
    expect(server.webRtcPort).toBeNull();
    expect((await offer(whip)).status).toBe(503);
  });
});

describe('WHIP: who may publish', () => {
  it('asks for the token on every request', async () => {
    const { whip } = await start({ config: { token: TOKEN } });
    expect(await codeOf(await offer(whip))).toEqual([401, 'unauthorized']);
    const authorized = { Authorization: `Bearer ${TOKEN}` };
    const response = await offer(whip, VOICE_OFFER, authorized);
    expect(response.status).toBe(201);
    const resource = new URL(response.headers.get('location')!, whip);
    expect((await fetch(resource, { method: 'DELETE' })).status).toBe(401);
    expect((await fetch(whip, { method: 'OPTIONS' })).status).toBe(401);
    expect((await fetch(resource, { method: 'DELETE', headers: authorized })).status).toBe(200);
  });

  it('lets listed pages of other origins read what they need, and others not in', async () => {
    const origin = 'https://calls.example.com';
    const { whip } = await start({ config: { token: TOKEN, allowedOrigins: [origin] } });
    const preflight = {
      Origin: origin,
      'Access-Control-Request-Method': 'PATCH',
      'Access-Control-Request-Headers': 'if-match',
    };
    const allowed = await fetch(`${whip}/x`, { method: 'OPTIONS', headers: preflight });
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-methods')).toBe('POST, PATCH, DELETE, OPTIONS');
    expect(allowed.headers.get('access-control-allow-headers')).toContain('If-Match');
    expect(allowed.headers.get('link')).toBeNull();
    const authorized = { Authorization: `Bearer ${TOKEN}`, Origin: origin };
    const response = await offer(whip, VOICE_OFFER, authorized);
    expect(response.headers.get('access-control-expose-headers')).toContain('Location');
    const foreign = await offer(whip, VOICE_OFFER, { ...authorized, Origin: 'https://evil.example.com' });
    expect(await codeOf(foreign)).toEqual([403, 'forbidden-origin']);
  });
});

describe('WHIP: a publisher’s own address', () => {
  const fragment = 'a=ice-ufrag:abcd\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n';
  const patch = (resource: URL, headers: Record<string, string>, body = fragment) =>
    fetch(resource, {
      method: 'PATCH',
      body,
      headers: { 'Content-Type': 'application/trickle-ice-sdpfrag', ...headers },
    });

  it('takes candidates of its ICE session, and neither restarts nor renegotiates', async () => {
    const { whip } = await start();
    const response = await offer(whip);
    const etag = response.headers.get('etag')!;
    const resource = new URL(response.headers.get('location')!, whip);
    expect((await patch(resource, { 'If-Match': etag })).status).toBe(204);
    expect((await patch(resource, {})).status).toBe(428);
    expect((await patch(resource, { 'If-Match': '"other"' })).status).toBe(412);
    expect((await patch(resource, { 'If-Match': '*' })).status).toBe(422);
    expect((await patch(resource, { 'If-Match': etag }, 'hello')).status).toBe(400);
    const renegotiated = await patch(resource, { 'If-Match': etag, 'Content-Type': 'application/sdp' }, VOICE_OFFER);
    expect(await codeOf(renegotiated)).toEqual([415, 'unsupported-media-type']);
    expect(
      (await fetch(resource, { method: 'PUT', body: 'x', headers: { 'Content-Type': 'application/sdp' } })).status,
    ).toBe(405);
    expect((await patch(new URL(`${whip}/0000`), { 'If-Match': etag })).status).toBe(404);
  });

  it('ends the publisher on DELETE, and with the last one the session', async () => {
    const { server, whip } = await start();
    const resources = await Promise.all(
      ['ann', 'bob'].map(
        async (who) => new URL((await offer(`${whip}?session=call&participant=${who}`)).headers.get('location')!, whip),
      ),
    );
    const session = server.sessions.get('call')!;
    expect((await fetch(resources[0]!, { method: 'DELETE' })).status).toBe(200);
    expect(session.ending).toBe(false);
    expect((await fetch(resources[1]!, { method: 'DELETE' })).status).toBe(200);
    expect(await session.finished).toBe('completed');
    expect((await fetch(resources[1]!, { method: 'DELETE' })).status).toBe(404);
    expect(await openPublishers(server)).toBe(0);
  });
});

import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE_CODES, PUBLISH_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from '../../client-sdk/protocol/index.ts';
import { signToken, type TokenClaims } from '../../server/access/sign-token.ts';
import { Peer, Publisher, Subscriber } from '../support/server/peers.ts';
import { startTestServer, type TestServer } from '../support/server/test-server.ts';

const token = 'a-secret-of-some-length-and-more';
const UNAUTHORIZED = { code: CLOSE_CODES.unauthorized.code, reason: 'unauthorized' };
const FORBIDDEN = { code: CLOSE_CODES['forbidden-origin'].code, reason: 'forbidden-origin' };
let server: TestServer;

beforeEach(async () => {
  server = await startTestServer({ config: { token, allowedOrigins: ['https://calls.example'] } });
});
afterEach(() => server.close());

describe('a server with a token', () => {
  it('admits a socket with the token in its header, or in a subprotocol that it does not echo', async () => {
    await new Publisher(server.socketUrl, { Authorization: `Bearer ${token}` }).start('a');
    const url = `${server.socketUrl}/v1/publish`;
    const browser = new Peer(url, [PUBLISH_SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + token]);
    await browser.opened();
    expect(browser.socket.protocol).toBe(PUBLISH_SUBPROTOCOL);
    browser.socket.terminate();
  });

  it('closes a socket without it, with a wrong one, or with one in the query', async () => {
    expect(await new Publisher(server.socketUrl).closed).toEqual(UNAUTHORIZED);
    expect(await new Subscriber(server.socketUrl, { Authorization: 'Bearer wrong' }).closed).toEqual(UNAUTHORIZED);
    const query = new Peer(`${server.socketUrl}/v1/publish?token=${token}`, [PUBLISH_SUBPROTOCOL]);
    expect(await query.closed).toEqual(UNAUTHORIZED);
    expect(server.sessions.liveCount).toBe(0);
  });

  it('closes a socket of a foreign page even with the token, and admits a listed one', async () => {
    const headers = { Authorization: `Bearer ${token}` };
    expect(await new Publisher(server.socketUrl, { ...headers, Origin: 'https://evil.example' }).closed).toEqual(
      FORBIDDEN,
    );
    await new Publisher(server.socketUrl, { ...headers, Origin: 'https://calls.example' }).start();
  });

  it('guards the session API and the metrics, but not the health checks', async () => {
    const status = async (path: string, headers = {}) => (await fetch(server.url + path, { headers })).status;
    for (const path of ['/v1/sessions', '/v1/sessions/x/events', '/metrics']) {
      expect(await status(path)).toBe(401);
      expect(await status(path, { Authorization: 'Bearer wrong' })).toBe(401);
    }
    expect(await status('/v1/sessions', { Authorization: `Bearer ${token}` })).toBe(200);
    expect(await status('/healthz')).toBe(200);
    expect(await status('/readyz')).toBe(200);
  });

  it('answers a listed page’s preflight and refuses a foreign page', async () => {
    const preflight = await fetch(`${server.url}/v1/sessions`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://calls.example', 'Access-Control-Request-Headers': 'authorization' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://calls.example');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('Authorization');
    const foreign = await fetch(`${server.url}/v1/sessions`, { headers: { Origin: 'https://evil.example' } });
    expect(foreign.status).toBe(403);
    expect(foreign.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('writes the token into no log line', async () => {
    await new Publisher(server.socketUrl, { Authorization: `Bearer ${token}` }).start('a');
    await new Publisher(server.socketUrl, { Authorization: `Bearer ${token}x` }).closed;
    expect(server.logLines.join('')).not.toContain(token);
  });
});

describe('an upgrade', () => {
  it('to a path that is none gets 404', async () => {
    const socket = new WebSocket(`${server.socketUrl}/v1/nothing`);
    const message = await new Promise<string>((resolve) => socket.on('error', (error) => resolve(error.message)));
    expect(message).toContain('404');
  });

  it('leaves a socket that answers pings, within reason', async () => {
    const publisher = await new Publisher(server.socketUrl, { Authorization: `Bearer ${token}` }).opened();
    const pong = once(publisher.socket, 'pong');
    publisher.socket.ping('are you there?');
    expect(String((await pong)[0])).toBe('are you there?');
  });

  it('with a subprotocol that the server does not speak is turned away', async () => {
    const peer = new Peer(`${server.socketUrl}/v1/publish`, [], { Authorization: `Bearer ${token}` });
    expect(await peer.closed).toEqual({ code: CLOSE_CODES['unsupported-version'].code, reason: 'unsupported-version' });
  });

  it('beyond the number of connections is turned away', async () => {
    const small = await startTestServer({ config: { maxConnections: 1 } });
    await new Publisher(small.socketUrl).start();
    expect((await new Publisher(small.socketUrl).closed).code).toBe(CLOSE_CODES.overloaded.code);
    await small.close();
  });
});

describe('a publisher with a token of its own', () => {
  const inAMinute = () => Date.now() / 1000 + 60;
  const own = async (claims: TokenClaims = {}, expiresAtS = inAMinute()) => ({
    Authorization: `Bearer ${await signToken(token, claims, expiresAtS)}`,
  });
  it('is who the token says, whatever it says itself', async () => {
    const publisher = await new Publisher(server.socketUrl, await own({ session: 'call', role: 'agent' })).start();
    expect(await publisher.untilType('session.ready')).toMatchObject({ sessionId: 'call' });
    const participant = { id: 'ben', role: 'customer' } as const;
    publisher.send({ type: 'track.add', track: 2, participant, media: { kind: 'transcript' } });
    await publisher.until((message) => message.type === 'track.ready' && message.track === 2);
    const { participants } = server.sessions.get('call')!.summary();
    expect(participants.map(({ id, role }) => [id, role])).toEqual([
      ['ann', 'agent'],
      ['ben', 'agent'],
    ]);
  });

  it('is turned away from another session, or with another participant', async () => {
    const foreign = await new Publisher(server.socketUrl, await own({ session: 'call' })).opened();
    foreign.send({ type: 'session.start', version: 1, sessionId: 'another' });
    expect(await foreign.closed).toEqual(UNAUTHORIZED);
    expect(server.sessions.get('another')).toBeUndefined();
    const stranger = await new Publisher(server.socketUrl, await own({ participant: 'ben' })).opened();
    stranger.send({ type: 'session.start', version: 1 });
    stranger.addAudio(1, 'ann');
    expect(await stranger.closed).toEqual(UNAUTHORIZED);
  });

  it('hears nothing, reads nothing, and comes in no more once it expired', async () => {
    expect(await new Subscriber(server.socketUrl, await own()).closed).toEqual(UNAUTHORIZED);
    for (const path of ['/v1/sessions', '/metrics', '/v1/whep']) {
      expect((await fetch(server.url + path, { headers: await own() })).status).toBe(401);
    }
    expect(await new Publisher(server.socketUrl, await own({}, Date.now() / 1000 - 1)).closed).toEqual(UNAUTHORIZED);
  });

  it('publishes by WHIP what the token grants', async () => {
    const offer = (query: string, headers: Record<string, string>) =>
      fetch(`${server.url}/v1/whip?${query}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/sdp', ...headers },
        body: 'no offer',
      });
    expect((await offer('session=call', await own({ session: 'call' }))).status).toBe(422);
    expect((await offer('session=another', await own({ session: 'call' }))).status).toBe(403);
    expect((await offer('participant=ann', await own({ participant: 'ben' }))).status).toBe(403);
    expect((await offer('', await own({}, Date.now() / 1000 - 1))).status).toBe(401);
  });
});

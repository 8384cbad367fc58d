import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Participant } from '../../../client-sdk/protocol/index.ts';
import type { TrackOpened } from '../../../pipeline/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { bearer, type PublisherClaims, publisherToken, SECRET } from '../../support/server/publisher-token.ts';
import { startTestServer, type TestServer } from '../../support/server/test-server.ts';
import { AudioHookPeer } from '../../support/telephony/audiohook-peer.ts';
import { FreeSwitchPeer } from '../../support/telephony/freeswitch-peer.ts';
import { TwilioPeer } from '../../support/telephony/twilio-peer.ts';
import { VOICE_OFFER } from '../../support/webrtc/offers.ts';

const API_KEY = 'an-api-key-of-some-length';

let server: TestServer;
/** Tracks that the pipeline was told of, in order. */
const tracks: TrackOpened[] = [];

beforeEach(async () => {
  tracks.length = 0;
  server = await startTestServer({
    config: { token: SECRET, webrtcPort: 0, audiohookApiKey: API_KEY, reconnectGraceMs: 60_000 },
    script: { onFrame: (frame) => frame.kind === 'track' && tracks.push(frame) },
  });
});
afterEach(() => server.close());

/** What somebody tries, by any way in. */
interface Attempt {
  readonly token: string;
  readonly session: string;
  readonly participant?: string;
  readonly role?: string;
}

/** Publishes and ends as a party would; resolves once the server has let the attempt in and done with it, or refused it. */
type WayIn = (attempt: Attempt) => Promise<unknown>;

const offer = (query: object, token: string) =>
  fetch(`${server.url}/v1/whip?${new URLSearchParams(query as Record<string, string>)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp', ...bearer(token) },
    body: VOICE_OFFER,
  });

const WAYS_IN: Readonly<Record<string, WayIn>> = {
  async WebSocket({ token, session, participant = 'zoe', role = 'agent' }) {
    const publisher = await new Publisher(server.socketUrl, bearer(token)).opened();
    publisher.send({ type: 'session.start', version: 1, sessionId: session });
    const who = { id: participant, role: role as Participant['role'] };
    publisher.send({ type: 'track.add', track: 1, participant: who, media: { kind: 'transcript' } });
    const words = { segmentId: 'a', startMs: 0, endMs: 10, text: 'I never said that', final: true };
    publisher.send({ type: 'transcript', track: 1, ...words });
    publisher.send({ type: 'session.end' });
    await publisher.closed;
  },
  async WHIP({ token, session, participant = 'zoe', role = 'agent' }) {
    const { status, headers } = await offer({ session, participant, role }, token);
    if (status !== 201) return;
    await fetch(new URL(headers.get('Location')!, server.url), { method: 'DELETE', headers: bearer(token) });
  },
  async Twilio({ token, session, participant = 'zoe', role = 'agent' }) {
    const parameters = { token, sessionId: session, inboundId: participant, inboundRole: role };
    const peer = await new TwilioPeer({ socketUrl: server.socketUrl, parameters, tracks: ['inbound'] }).start();
    peer.sendMedia('inbound', 0, new Uint8Array(160));
    peer.stop();
    await peer.closed;
  },
  async FreeSWITCH({ token, session, participant = 'zoe', role = 'agent' }) {
    const metadata = { token, sessionId: session, callerId: participant, callerRole: role };
    const peer = await new FreeSwitchPeer({ socketUrl: server.socketUrl }).start(JSON.stringify(metadata));
    peer.sendAudio(new Uint8Array(320));
    peer.socket.close(1000);
    await peer.closed;
    // The close is answered while the token may still be read: another token's reading comes after it.
    await fetch(`${server.url}/v1/whip`, { method: 'OPTIONS', headers: bearer(publisherToken()) });
  },
  async AudioHook({ token, session, participant = 'zoe', role = 'agent' }) {
    const peer = new AudioHookPeer({ socketUrl: server.socketUrl, apiKey: API_KEY });
    const customConfig = { token, externalId: participant, externalRole: role };
    await peer.open({ conversationId: session, customConfig });
    peer.sendAudio(new Uint8Array(320), 160);
    peer.send('close', { reason: 'end' });
    await peer.untilType('closed').catch(() => {});
    peer.socket.terminate();
  },
};

/** A call whose customer is Ann, brought by a token of its own. */
async function annsCall(claims: PublisherClaims = { session: 'call', role: 'customer' }) {
  const token = publisherToken(claims);
  const ann = await new Publisher(server.socketUrl, bearer(token)).start('call');
  const session = server.sessions.get('call')!;
  return { token, ann, session };
}

describe.each(Object.entries(WAYS_IN))('by %s', (way, enter) => {
  it('a token without the session’s name joins no call of another', async () => {
    const { session } = await annsCall();
    await enter({ token: publisherToken(), session: 'call' });
    expect(session.summary().participants.map(({ id }) => id)).toEqual(['ann']);
    expect(session.ending).toBe(false);
  });

  it('a token of the session speaks for no participant of another, changes none and ends it for nobody', async () => {
    const { session, ann } = await annsCall();
    await enter({ token: publisherToken({ session: 'call', role: 'agent' }), session: 'call', participant: 'ann' });
    expect(tracks.filter(({ participant }) => participant.id === 'ann')).toHaveLength(1);
    expect(session.summary().participants[0]).toMatchObject({ id: 'ann', role: 'customer' });
    expect(session.ending).toBe(false);
    ann.addAudio(2, 'ben');
    await ann.until((message) => message.type === 'track.ready' && message.track === 2);
  });

  it('a token of the session brings its own participant, and leaves the session to the others', async () => {
    const { session } = await annsCall();
    await enter({ token: publisherToken({ session: 'call', role: 'agent' }), session: 'call' });
    const zoe = () => session.summary().participants[1];
    if (way !== 'WHIP') await expect.poll(zoe).toMatchObject({ id: 'zoe', role: 'agent' });
    expect([session.ending, session.summary().state]).toEqual([false, 'live']);
  });

  it('a token ends the call that it has opened and is alone in', async () => {
    await enter({ token: publisherToken({ session: 'own' }), session: 'own' });
    await expect.poll(() => server.sessions.get('own')?.summary().endReason).toBe('completed');
  });

  it('the last of a session does not end it while somebody’s connection is lost', async () => {
    const { session, ann } = await annsCall();
    ann.socket.terminate();
    await expect.poll(() => server.sessions.get('call')!.mayEnd({ holder: 'x', scopes: new Set() })).toBe(false);
    await enter({ token: publisherToken({ session: 'call' }), session: 'call' });
    expect(session.ending).toBe(false);
  });

  it('a token that names a participant takes it from whoever announced it before', async () => {
    const { session } = await annsCall({ session: 'call', role: 'agent' });
    const named = publisherToken({ session: 'call', participant: 'ann', role: 'customer' });
    await enter({ token: named, session: 'call', participant: 'ann' });
    const ann = () => session.summary().participants[0];
    if (way !== 'WHIP') await expect.poll(ann).toMatchObject({ id: 'ann', role: 'customer' });
  });

  it('a token opens no session in a platform’s name space', async () => {
    await enter({ token: publisherToken({ session: 'zoom-abc' }), session: 'zoom-abc' });
    await enter({ token: publisherToken(), session: 'recall-abc' });
    expect(server.sessions.list()).toEqual([]);
  });
});

describe('the server’s own token', () => {
  it('ends a session for everyone, and adds words to a participant of another', async () => {
    const { session, ann } = await annsCall();
    const recogniser = await new Publisher(server.socketUrl, bearer(SECRET)).opened();
    recogniser.send({ type: 'session.start', version: 1, sessionId: 'call' });
    const media = { kind: 'transcript' } as const;
    recogniser.send({ type: 'track.add', track: 0, participant: { id: 'ann', role: 'agent' }, media });
    await recogniser.untilType('track.ready');
    expect(tracks.at(-1)!.participant).toMatchObject({ id: 'ann', role: 'customer' });
    recogniser.send({ type: 'session.end' });
    expect((await ann.closed).code).toBe(1000);
    expect(await session.finished).toBe('completed');
  });
});

describe('a platform’s call', () => {
  it('never meets a session that a publisher opened under the platform’s id', async () => {
    const callSid = `CA${randomUUID().replaceAll('-', '')}`;
    await new Publisher(server.socketUrl, bearer(publisherToken())).start(callSid);
    const parameters = { token: SECRET };
    const twilio = await new TwilioPeer({ socketUrl: server.socketUrl, parameters }, callSid).start();
    await expect.poll(() => server.sessions.get(twilio.sessionId)?.summary().participants.length).toBe(2);
    expect(
      server.sessions
        .get(callSid)!
        .summary()
        .participants.map(({ id }) => id),
    ).toEqual(['ann']);
  });

  it('is joined by the page that the operator gave a token of its session, and keeps its own parties', async () => {
    const twilio = await new TwilioPeer({ socketUrl: server.socketUrl, parameters: { token: SECRET } }).start();
    await expect.poll(() => server.sessions.get(twilio.sessionId)).toBeDefined();
    const own = bearer(publisherToken({ session: twilio.sessionId }));
    const page = await new Publisher(server.socketUrl, own).start(twilio.sessionId, 'desk-4');
    page.addAudio(2, 'inbound');
    expect(await page.untilType('error')).toMatchObject({ code: 'participant-taken', fatal: false });
  });

  it('joins the session that its own token names', async () => {
    const { session } = await annsCall();
    const parameters = { token: publisherToken({ session: 'call' }) };
    await new TwilioPeer({ socketUrl: server.socketUrl, parameters }).start();
    await expect.poll(() => session.summary().participants.map(({ id }) => id)).toEqual(['ann', 'inbound', 'outbound']);
  });
});

describe('a WHIP publisher', () => {
  const call = { session: 'call', participant: 'ann' };
  async function published(claims: PublisherClaims = { session: 'call' }) {
    const token = publisherToken(claims);
    const response = await offer(call, token);
    expect(response.status).toBe(201);
    const url = new URL(response.headers.get('Location')!, server.url);
    const etag = response.headers.get('ETag')!;
    const send = (method: string, by: string) =>
      fetch(url, {
        method,
        headers: { ...bearer(by), 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': etag },
        ...(method === 'PATCH' && { body: 'a=end-of-candidates' }),
      });
    return { token, send };
  }
  const open = async () =>
    Number(
      /webrtc_publishers_open (\d+)/.exec(
        await (await fetch(`${server.url}/metrics`, { headers: bearer(SECRET) })).text(),
      )![1],
    );

  it('answers to its own token and to the server’s; for others it is not there', async () => {
    const { token, send } = await published();
    for (const other of [publisherToken(), publisherToken({ session: 'call' })]) {
      for (const method of ['PATCH', 'DELETE']) expect((await send(method, other)).status).toBe(404);
    }
    expect((await send('PATCH', token)).status).toBe(204);
    expect((await send('PATCH', SECRET)).status).toBe(204);
    expect((await send('DELETE', token)).status).toBe(200);
  });

  it('is thrown out by no other token, and gives way to its own', async () => {
    const { token, send } = await published();
    expect((await offer(call, publisherToken({ session: 'call' }))).status).toBe(409);
    expect((await offer(call, publisherToken())).status).toBe(409);
    expect((await send('PATCH', token)).status).toBe(204);
    expect((await offer(call, token)).status).toBe(201);
    expect((await send('PATCH', token)).status).toBe(404);
    expect(await open()).toBe(1);
  });

  it('stays when an offer in its place cannot be taken', async () => {
    const { token, send } = await published();
    const bad = await fetch(`${server.url}/v1/whip?${new URLSearchParams(call)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...bearer(token) },
      body: VOICE_OFFER.replaceAll('opus/48000/2', 'speex/8000'),
    });
    expect(bad.status).toBe(422);
    expect((await send('PATCH', token)).status).toBe(204);
  });

  it('gives way to a fresh token that names it', async () => {
    const claims = { session: 'call', participant: 'ann' };
    const { send } = await published(claims);
    const fresh = publisherToken(claims);
    expect((await send('PATCH', fresh)).status).toBe(204);
    expect((await offer(call, fresh)).status).toBe(201);
    expect(await open()).toBe(1);
  });
});

describe('a token that uses up its share', () => {
  it('is told which quota it was, in the protocol’s words, and each is counted', async () => {
    await server.close();
    const quotas = { maxSessionsPerToken: 2, maxSessionStartsPerToken: 3, maxParticipantsPerToken: 1 };
    server = await startTestServer({ config: { token: SECRET, webrtcPort: 0, ...quotas } });
    const own = publisherToken();
    const publish = async () => {
      const publisher = await new Publisher(server.socketUrl, bearer(own)).opened();
      publisher.send({ type: 'session.start', version: 1 });
      return publisher;
    };
    const [first] = [await publish(), await publish()];
    await Promise.all([first].map((publisher) => publisher.untilType('session.ready')));
    const third = await publish();
    expect(await third.untilType('error')).toMatchObject({
      code: 'overloaded',
      message: expect.stringContaining('maxSessionsPerToken'),
    });
    const byWhip = await offer({}, own);
    expect([byWhip.status, byWhip.headers.get('Retry-After')]).toEqual([429, '5']);
    first.addAudio(1, 'ann');
    first.addAudio(2, 'ben');
    expect(await first.untilType('error')).toMatchObject({ code: 'too-many-participants', fatal: false });
    first.send({ type: 'session.end' });
    await first.closed;
    const fourth = await publish();
    await fourth.untilType('session.ready');
    fourth.send({ type: 'session.end' });
    await fourth.closed;
    const fifth = await publish();
    expect(await fifth.untilType('error')).toMatchObject({
      code: 'too-fast',
      message: expect.stringContaining('maxSessionStartsPerToken'),
    });
    const metrics = await (await fetch(`${server.url}/metrics`, { headers: bearer(SECRET) })).text();
    for (const quota of ['open-sessions', 'participants', 'sessions-per-minute']) {
      expect(metrics).toMatch(new RegExp(`undertone_quota_refused_total\\{quota="${quota}"\\} [12]`));
    }
    expect((await new Publisher(server.socketUrl, bearer(publisherToken())).start()).socket.readyState).toBe(1);
  });
});

import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ParticipantRole, SessionSummary, TrackMedia } from '../../../client-sdk/protocol/index.ts';
import { Publisher } from '../../support/server/peers.ts';
import { bearer, publisherToken, SECRET } from '../../support/server/publisher-token.ts';
import { TwilioPeer } from '../../support/telephony/twilio-peer.ts';
import { holdsWithin } from '../../support/until.ts';
import { VOICE_OFFER } from '../../support/webrtc/offers.ts';
import type { AttackCase, AttackContext } from '../attack-case.ts';
import type { ServerUnderAttack } from '../server-under-attack.ts';

const AUTH_TOKEN = 'an-auth-token-of-twilio';
const ACCOUNT = `AC${'0'.repeat(32)}`;
const TWILIO = { UNDERTONE_TWILIO_AUTH_TOKEN: AUTH_TOKEN, UNDERTONE_TWILIO_ACCOUNT_SID: ACCOUNT };
/** On a busy machine. */
const LATE_MS = 60_000;
const SILENCE = new Uint8Array(160).fill(0xff);

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

async function sessions(server: ServerUnderAttack): Promise<readonly SessionSummary[]> {
  const answer = await fetch(`${server.url}/v1/sessions`, { headers: server.headers });
  return ((await answer.json()) as { sessions: SessionSummary[] }).sessions;
}

const sessionOf = async (server: ServerUnderAttack, id: string) =>
  (await sessions(server)).find(({ sessionId }) => sessionId === id);

/** Opens or joins a session, and waits for the answer: true when it was let in. */
async function enter(server: ServerUnderAttack, token: string, session?: string) {
  const publisher = await new Publisher(server.socketUrl, bearer(token)).opened();
  publisher.send({ type: 'session.start', version: 1, ...(session !== undefined && { sessionId: session }) });
  const answer = await publisher.until(({ type }) => type === 'session.ready' || type === 'error');
  return { publisher, isIn: answer.type === 'session.ready' };
}

const WORDS: TrackMedia = { kind: 'transcript' };
const VOICE: TrackMedia = { kind: 'audio', encoding: 'pcm-s16le', sampleRateHz: 16_000 };

/** Announces a participant: true when it was taken. */
async function announce(
  publisher: Publisher,
  track: number,
  id: string,
  role: ParticipantRole,
  media = WORDS,
): Promise<boolean> {
  const before = publisher.received.filter(({ type }) => type === 'error').length;
  publisher.send({ type: 'track.add', track, participant: { id, role }, media });
  await publisher.until(
    (message) =>
      (message.type === 'track.ready' && message.track === track) ||
      publisher.received.filter(({ type }) => type === 'error').length > before,
  );
  return publisher.received.some((message) => message.type === 'track.ready' && message.track === track);
}

function say(publisher: Publisher, track: number, text: string): void {
  publisher.send({ type: 'transcript', track, segmentId: text, startMs: 0, endMs: 1000, text, final: true });
}

/** A call of its own with a customer, by a token for it; the customer's words are not sent yet. */
async function annsCall(server: ServerUnderAttack) {
  const call = newCall();
  const { publisher } = await enter(server, publisherToken({ session: call }), call);
  must(await announce(publisher, 0, 'ann', 'customer'), 'the customer was not let in');
  return { call, ann: publisher };
}

/** No other case has a session of this name. */
const newCall = () => `call-${randomUUID()}`;

async function end(publisher: Publisher): Promise<void> {
  publisher.send({ type: 'session.end' });
  await publisher.closed;
}

function offer(server: ServerUnderAttack, query: string, token: string): Promise<Response> {
  const headers = { 'Content-Type': 'application/sdp', ...bearer(token) };
  return fetch(`${server.url}/v1/whip?${query}`, { method: 'POST', headers, body: VOICE_OFFER });
}

const share = (attack: AttackContext, env: Readonly<Record<string, string>> = {}) =>
  attack.share({ token: SECRET, env });

export const cases: readonly AttackCase[] = [
  {
    name: 'a token without the session’s name joins no live session of another',
    async run(attack) {
      const server = await share(attack);
      const { call } = await annsCall(server);
      for (let n = 0; n < attack.rounds(5, 200); n += 1) {
        const { publisher, isIn } = await enter(server, publisherToken(), call);
        must(!isIn, 'a stranger is in the call');
        publisher.socket.terminate();
      }
    },
  },
  {
    name: 'a token of the session speaks for nobody else in it',
    async run(attack) {
      const server = await share(attack);
      const { call } = await annsCall(server);
      for (let n = 0; n < attack.rounds(5, 200); n += 1) {
        const { publisher } = await enter(server, publisherToken({ session: call, role: 'agent' }), call);
        must(!(await announce(publisher, 0, 'ann', 'agent', VOICE)), 'another token speaks for the customer');
        publisher.socket.terminate();
      }
      const { participants } = (await sessionOf(server, call))!;
      must(
        participants.every(({ id, role }) => id !== 'ann' || role === 'customer'),
        'the customer’s role was changed',
      );
    },
  },
  {
    name: 'a participant that a token names is nobody else’s, though others had announced it before',
    async run(attack) {
      const server = await share(attack);
      const call = newCall();
      const { publisher: squatter } = await enter(server, publisherToken({ session: call }), call);
      await announce(squatter, 0, 'ann', 'agent');
      const named = publisherToken({ session: call, participant: 'ann', role: 'customer' });
      const { publisher: ann } = await enter(server, named, call);
      must(await announce(ann, 0, 'ann', 'unknown'), 'the customer is kept out');
      const { participants } = (await sessionOf(server, call))!;
      must(participants[0]?.role === 'customer', `the customer is told as ${participants[0]?.role}`);
      say(squatter, 0, 'I never said that');
      const answer = await squatter.until((message) => message.type === 'error');
      must(answer.type === 'error' && answer.code === 'unknown-track', 'the squatter still speaks');
    },
  },
  {
    name: 'a guest ends a session for nobody, by WebSocket or WHIP',
    async run(attack) {
      const server = await share(attack);
      const { call, ann } = await annsCall(server);
      const { publisher: guest } = await enter(server, publisherToken({ session: call }), call);
      await end(guest);
      must((await sessionOf(server, call))?.state === 'live', 'the guest’s session.end ended the call');
      must(await announce(ann, 1, 'ben', 'agent'), 'the call takes nothing more');
      const token = publisherToken({ session: call });
      const answer = await offer(server, `session=${call}&participant=zoe`, token);
      const location = new URL(answer.headers.get('Location')!, server.url);
      ann.socket.terminate();
      await sleep(200);
      await fetch(location, { method: 'DELETE', headers: bearer(token) });
      must(
        (await sessionOf(server, call))?.state === 'live',
        'the guest’s DELETE ended the call of one who reconnects',
      );
    },
  },
  {
    name: 'ghosts of one token keep nobody out',
    async run(attack) {
      const server = await share(attack);
      const { call } = await annsCall(server);
      const { publisher: ghosts } = await enter(server, publisherToken({ session: call }), call);
      let taken = 0;
      for (let n = 0; n < 40; n += 1) {
        if (await announce(ghosts, n, `ghost-${n}`, 'agent')) taken += 1;
        // No more refusals are told than 20 a second.
        await sleep(60);
      }
      attack.figure('ghost participants of one token', taken, 'of 40');
      const { publisher: ben } = await enter(server, publisherToken({ session: call }), call);
      must(await announce(ben, 0, 'ben', 'agent'), 'no place is left for the agent');
    },
  },
  {
    name: 'a WHIP publisher is thrown out by no other token, and its address answers to none',
    async run(attack) {
      const server = await share(attack);
      const call = newCall();
      const own = publisherToken({ session: call });
      const answer = await offer(server, `session=${call}&participant=ann`, own);
      const location = new URL(answer.headers.get('Location')!, server.url);
      const etag = answer.headers.get('ETag')!;
      const touch = async (method: string, token: string) => {
        const headers = { ...bearer(token), 'Content-Type': 'application/trickle-ice-sdpfrag', 'If-Match': etag };
        const body = method === 'PATCH' ? { body: 'a=end-of-candidates' } : {};
        return (await fetch(location, { method, headers, ...body })).status;
      };
      for (const claims of [{}, { session: call }, { session: call, participant: 'bob' }]) {
        const other = publisherToken(claims);
        must(
          (await offer(server, `session=${call}&participant=ann`, other)).status !== 201,
          'another token took its place',
        );
        must((await touch('PATCH', other)) === 404, 'PATCH answered another token');
        must((await touch('DELETE', other)) === 404, 'DELETE answered another token');
      }
      must((await touch('PATCH', own)) === 204, 'the publisher is gone');
    },
  },
  {
    name: 'empty sessions delete no call that ended',
    async run(attack) {
      const calls = 10;
      const server = await attack.start({ token: SECRET, env: { UNDERTONE_MAX_ENDED_SESSIONS: `${calls}` } });
      for (let n = 0; n < calls; n += 1) {
        const { publisher } = await enter(server, SECRET, `real-${n}`);
        await announce(publisher, 0, 'ann', 'customer');
        say(publisher, 0, 'nobody has called me back');
        await end(publisher);
      }
      const startedMs = performance.now();
      for (let n = 0; n < 5 * calls; n += 1) {
        const { publisher } = await enter(server, publisherToken());
        await end(publisher);
      }
      attack.figure('time for the empty sessions', performance.now() - startedMs, 'ms');
      const left = (await sessions(server)).filter(({ sessionId }) => sessionId.startsWith('real-')).length;
      attack.figure('calls left', left, `of ${calls}`);
      must(left === calls, `${calls - left} calls were deleted`);
    },
  },
  {
    name: 'one token does not fill the server',
    async run(attack) {
      const server = await share(attack);
      const token = publisherToken();
      const refusals = async () => (await server.metric('undertone_quota_refused_total{quota="open-sessions"}')) || 0;
      const before = await refusals();
      const entered: Awaited<ReturnType<typeof enter>>[] = [];
      for (let n = 0; n < 110; n += 1) entered.push(await enter(server, token));
      const opened = entered.filter(({ isIn }) => isIn).length;
      attack.figure('sessions that one token has open', opened, 'of 110');
      must((await enter(server, publisherToken())).isIn, 'another token finds no room');
      const refused = (await refusals()) - before;
      await Promise.all(entered.map(({ publisher, isIn }) => (isIn ? end(publisher) : publisher.closed)));
      must(refused === 110 - opened, `${refused} refusals were counted`);
    },
  },
  {
    name: 'a signature of Twilio that was seen once opens nothing for another account or a stream that was here before',
    async run(attack) {
      const server = await share(attack, TWILIO);
      const options = { socketUrl: server.socketUrl, authToken: AUTH_TOKEN };
      const real = await new TwilioPeer({ ...options, accountSid: ACCOUNT }).start();
      real.sendMedia('inbound', 0, SILENCE);
      const count = async () => (await sessions(server)).length;
      must(await holdsWithin(LATE_MS, async () => (await count()) === 1), 'the call itself was not let in');
      const foreign = await new TwilioPeer(options).start();
      const replayed = await new TwilioPeer({ ...options, accountSid: ACCOUNT }, undefined, real.streamSid).start();
      for (const peer of [foreign, replayed]) {
        const outcome = await Promise.race([peer.closed.then(({ code }) => code), sleep(LATE_MS, 0)]);
        must(outcome === 4401, 'a stream of another account, or one that was here before, is in');
      }
      must((await count()) === 1, 'a stream opened a session');
    },
  },
  {
    name: 'a signature of Twilio over another host is worth nothing, whatever Host says',
    async run(attack) {
      const server = await share(attack, TWILIO);
      const signedUrl = 'wss://staging.example.com/v1/twilio';
      const signature = createHmac('sha1', AUTH_TOKEN).update(signedUrl).digest('base64');
      for (const headers of [
        { Host: 'staging.example.com' },
        { Host: 'staging.example.com:443' },
        { 'X-Forwarded-Host': 'staging.example.com', 'X-Twilio-Signature': signature },
        { Forwarded: 'host=staging.example.com', 'X-Twilio-Signature': signature },
      ]) {
        const peer = new TwilioPeer({ socketUrl: server.socketUrl, authToken: AUTH_TOKEN, signedUrl, headers });
        const status = await peer.refusedWith;
        must(status === 401 || status === 429, `it was let in with ${Object.keys(headers)[0]}`);
      }
    },
  },
  {
    name: 'a platform’s call meets no session that a publisher has opened under its id, before or after',
    async run(attack) {
      const server = await share(attack);
      const callSid = `CA${'1'.repeat(32)}`;
      for (const id of [callSid, `twilio-${callSid}`]) {
        const { publisher, isIn } = await enter(server, publisherToken(), id);
        if (isIn) await announce(publisher, 0, 'inbound', 'agent');
      }
      const parameters = { token: SECRET };
      const twilio = await new TwilioPeer({ socketUrl: server.socketUrl, parameters }, callSid).start();
      twilio.sendMedia('inbound', 0, SILENCE);
      const find = async () =>
        (await sessions(server)).find(({ participants }) => participants.some(({ id }) => id === 'outbound'));
      must(await holdsWithin(LATE_MS, async () => (await find()) !== undefined), 'the call was kept out');
      const call = await find();
      must(
        call!.participants.every(({ id, role }) => id !== 'inbound' || role === 'customer'),
        'the caller is told as an agent',
      );
      const late = await enter(server, publisherToken(), call!.sessionId);
      must(!late.isIn, 'a stranger is in the call');
    },
  },
];

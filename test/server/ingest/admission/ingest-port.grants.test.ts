import { describe, expect, it } from 'vitest';
import type { Participant } from '../../../../client-sdk/protocol/index.ts';
import type { MediaFrame, TrackOpened } from '../../../../pipeline/index.ts';
import { type Grant, grantOfEverything, grantOfPlatform } from '../../../../server/access/grant.ts';
import { PLATFORMS } from '../../../../server/access/platform.ts';
import type { CallPart } from '../../../../server/ingest/admission/call-part.ts';
import { IngestPort } from '../../../../server/ingest/admission/ingest-port.ts';
import { IngestTrack } from '../../../../server/ingest/tracks/ingest-track.ts';
import { SessionRegistry } from '../../../../server/sessions/session-registry.ts';
import { quotasOf, tokenOf } from '../../../support/server/grants.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';
import { scriptedAnalyze } from '../../../support/server/scripted-analyze.ts';

const ANN: Participant = { id: 'ann', role: 'customer', displayName: 'Ann' };
const SERVER = grantOfEverything('server-token');
const GRACE_MS = 1000;

function setUp(limits: Parameters<typeof quotasOf>[0] = {}) {
  const clock = new ManualClock();
  const frames: MediaFrame[] = [];
  const { quotas, refused } = quotasOf(limits, clock);
  const sessions = new SessionRegistry({
    maxLive: 1000,
    maxEnded: 50,
    place: () => ({ analyze: scriptedAnalyze({ onFrame: (frame) => frames.push(frame) }) }),
    session: {
      clock,
      maxEvents: 100,
      maxTracks: 32,
      reconnectGraceMs: GRACE_MS,
    },
  });
  const ingest = new IngestPort({ sessions, quotas, jitterMs: 200, maxLeadMs: 5000 });
  const tracks = () => frames.filter((frame): frame is TrackOpened => frame.kind === 'track');
  return { clock, frames, tracks, sessions, ingest, refused };
}

const bring = (part: CallPart, participant: Partial<Participant> = {}, media: TrackOpened['media'] = 'audio') =>
  part.addTrack({ media, participant: { ...ANN, ...participant } });
const codeOf = (attempt: () => unknown) => {
  try {
    attempt();
    return 'let in';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('a live session that somebody else opened', () => {
  it.each<[string, Grant, string]>([
    ['the same token, which comes back', tokenOf('owner'), 'let in'],
    ['another token', tokenOf('other'), 'session-held'],
    ['another token that may end sessions', tokenOf('other', {}, ['session:end']), 'session-held'],
    ['a token of another session', tokenOf('other', { session: 'elsewhere' }), 'not-granted'],
    ['a token of this session', tokenOf('other', { session: 'call' }), 'let in'],
    ['a token that may bring anyone', tokenOf('other', {}, ['participant:any']), 'let in'],
    ['a platform', grantOfPlatform('twilio:any'), 'session-held'],
    ['a credential that may not publish', { holder: 'reader', scopes: new Set(['read', 'subscribe']) }, 'not-granted'],
    ['the server’s own token', SERVER, 'let in'],
  ])('is for %s: %s', (_who, grant, outcome) => {
    const { ingest } = setUp();
    ingest.join({ sessionId: 'call' }, tokenOf('owner'));
    expect(codeOf(() => ingest.join({ sessionId: 'call' }, grant))).toBe(outcome);
  });
});

describe('a participant that somebody else brought', () => {
  const inCall = { session: 'call' };
  it.each<[string, Grant, string]>([
    ['the same token, which comes back', tokenOf('owner', inCall), 'let in'],
    ['another token of the session', tokenOf('other', inCall), 'participant-taken'],
    ['another token that pins a role', tokenOf('other', { ...inCall, role: 'agent' }), 'participant-taken'],
    ['a token that names another participant', tokenOf('other', { ...inCall, participant: 'bob' }), 'not-granted'],
    ['a token that names the participant', tokenOf('other', { ...inCall, participant: 'ann' }), 'let in'],
    ['a token that may bring anyone', tokenOf('other', inCall, ['participant:any']), 'let in'],
    ['the server’s own token', SERVER, 'let in'],
  ])('is for %s: %s', (_who, grant, outcome) => {
    const { ingest } = setUp();
    bring(ingest.join({ sessionId: 'call' }, tokenOf('owner', inCall)));
    const part = ingest.join({ sessionId: 'call' }, grant);
    let result: unknown = null;
    const code = codeOf(() => {
      result = bring(part, {}, 'video');
    });
    expect(typeof result === 'string' ? result : code).toBe(outcome);
  });

  it('keeps its role and its name, whoever adds a track to it', () => {
    const { ingest, tracks } = setUp();
    const part = ingest.join({ sessionId: 'call' }, tokenOf('owner', { session: 'call', role: 'customer' }));
    bring(part, { role: 'attendee' });
    bring(ingest.join({ sessionId: 'call' }, SERVER), { role: 'agent', displayName: 'Bob' }, 'transcript');
    expect(tracks().map(({ participant }) => participant)).toEqual([ANN, ANN]);
    expect(part.session.summary().participants).toEqual([ANN]);
  });

  it('belongs to the token that names it, though another had announced it first', () => {
    const { ingest, tracks } = setUp();
    const squatter = ingest.join({ sessionId: 'call' }, tokenOf('squatter', { session: 'call' }));
    const squatted = bring(squatter, { role: 'agent', displayName: 'Mallory' }) as IngestTrack;
    const named = tokenOf('owner', { session: 'call', participant: 'ann', role: 'customer' });
    const owner = ingest.join({ sessionId: 'call' }, named);
    expect(bring(owner, { role: 'agent' })).toBeInstanceOf(IngestTrack);
    expect(squatted.ended).toBe(true);
    expect(bring(squatter, {}, 'video')).toBe('participant-taken');
    expect(tracks().at(-1)!.participant).toEqual(ANN);
    expect(owner.session.summary().participants).toEqual([ANN]);
  });

  it('stays with the words that the server’s own recogniser brings, when a token that names it comes', () => {
    const { ingest, tracks } = setUp();
    const recogniser = ingest.join({ sessionId: 'call' }, SERVER);
    const words = bring(recogniser, { role: 'unknown', displayName: null }, 'transcript') as IngestTrack;
    const named = tokenOf('owner', { session: 'call', participant: 'ann', role: 'customer' });
    bring(ingest.join({ sessionId: 'call' }, named));
    expect(words.ended).toBe(false);
    expect(tracks().at(-1)!.participant).toEqual(ANN);
  });

  it('goes over to a fresh token that names it too, and keeps the tracks that it has', () => {
    const { ingest } = setUp();
    const claims = { session: 'call', participant: 'ann' };
    const first = bring(ingest.join({ sessionId: 'call' }, tokenOf('first', claims))) as IngestTrack;
    expect(bring(ingest.join({ sessionId: 'call' }, tokenOf('second', claims)), {}, 'video')).toBeInstanceOf(
      IngestTrack,
    );
    expect(first.ended).toBe(false);
  });
});

describe('the end of a session that others are in', () => {
  const inCall = { session: 'call' };
  it.each<[string, Grant, boolean]>([
    ['a token of the session', tokenOf('other', inCall), false],
    ['the token that opened it', tokenOf('owner', inCall), false],
    ['a token that may bring anyone', tokenOf('other', inCall, ['participant:any']), false],
    ['a platform', grantOfPlatform('twilio:any'), false],
    ['a token that may end it', tokenOf('other', inCall, ['session:end']), true],
    ['the server’s own token', SERVER, true],
  ])('for %s: %s', (_who, grant, ends) => {
    const { ingest } = setUp();
    const owner = ingest.join({ sessionId: 'call' }, tokenOf('owner', inCall));
    const other = ingest.join({ sessionId: 'call' }, tokenOf('third', inCall));
    const isPlatform = grant.holder.startsWith('twilio');
    const part = isPlatform
      ? ingest.joinCall({ platform: 'twilio', ids: [] }, { ...grant, session: 'call' })
      : ingest.join({ sessionId: 'call' }, grant);
    const track = bring(part, { id: 'zoe' }) as IngestTrack;
    expect(part.end()).toBe(ends);
    expect(track.ended).toBe(!ends);
    expect(owner.session.ending).toBe(ends);
    expect(bring(other, { id: 'bob' })).toBeInstanceOf(IngestTrack);
  });

  it('is its own affair for a token that is alone in it', () => {
    const { ingest } = setUp();
    const part = ingest.join({}, tokenOf('owner'));
    expect(part.end()).toBe(true);
    const other = ingest.join({}, tokenOf('owner'));
    other.leave('completed');
    expect(other.session.ending).toBe(true);
  });

  it('waits for somebody whose connection was lost, whatever the last one in it says', () => {
    const { ingest, clock } = setUp();
    const owner = ingest.join({ sessionId: 'call' }, tokenOf('owner'));
    const guest = ingest.join({ sessionId: 'call' }, tokenOf('guest', inCall));
    owner.leave('disconnected');
    expect(guest.end()).toBe(false);
    clock.advance(GRACE_MS - 1);
    expect(owner.session.ending).toBe(false);
    const back = ingest.join({ sessionId: 'call' }, tokenOf('owner'));
    clock.advance(2 * GRACE_MS);
    expect(back.end()).toBe(true);
  });

  it('comes at once when everybody has left as they should', () => {
    const { ingest } = setUp();
    const owner = ingest.join({ sessionId: 'call' }, tokenOf('owner'));
    const guest = ingest.join({ sessionId: 'call' }, tokenOf('guest', inCall));
    owner.leave('completed');
    expect(owner.session.ending).toBe(false);
    guest.leave('completed');
    expect(owner.session.ending).toBe(true);
  });
});

describe('the ids of a platform’s calls', () => {
  it.each(PLATFORMS)('of %s are taken by nobody else', (platform) => {
    const { ingest } = setUp();
    for (const grant of [tokenOf('page'), tokenOf('page', { session: `${platform}-1` }), SERVER]) {
      expect(codeOf(() => ingest.join({ sessionId: `${platform}-1` }, grant))).toBe('session-reserved');
    }
    for (const other of PLATFORMS.filter((name) => name !== platform)) {
      const grant = { ...grantOfPlatform(other), session: `${platform}-1` };
      expect(codeOf(() => ingest.joinCall({ platform: other, ids: [] }, grant))).toBe('session-reserved');
    }
    expect(ingest.joinCall({ platform, ids: ['1'] }, grantOfPlatform(platform)).session.id).toBe(`${platform}-1`);
  });

  it.each(PLATFORMS)('of %s join no session that somebody else opened, and meet each other', (platform) => {
    const { ingest } = setUp();
    const page = ingest.join({ sessionId: 'call' }, tokenOf('page'));
    const grant = grantOfPlatform(platform);
    const [one, two] = [1, 2].map(() => ingest.joinCall({ platform, ids: ['call'] }, grant));
    expect(one!.session).not.toBe(page.session);
    expect(two!.session).toBe(one!.session);
    expect(two!.session.id).toBe(`${platform}-call`);
  });

  it('are joined while they are live by a token that names their session, and by the server’s own', () => {
    const { ingest } = setUp();
    const call = ingest.joinCall({ platform: 'twilio', ids: ['CA1'] }, grantOfPlatform('twilio:any'));
    for (const grant of [tokenOf('page', { session: 'twilio-CA1' }), SERVER]) {
      expect(ingest.join({ sessionId: 'twilio-CA1' }, grant).session).toBe(call.session);
    }
    expect(codeOf(() => ingest.join({ sessionId: 'twilio-CA1' }, tokenOf('page')))).toBe('session-held');
  });

  it('give way to the session that a call’s own token names', () => {
    const { ingest } = setUp();
    const page = ingest.join({ sessionId: 'order-17' }, tokenOf('page'));
    const call = { platform: 'twilio', ids: ['CA1'] } as const;
    expect(ingest.joinCall(call, tokenOf('call', { session: 'order-17' })).session).toBe(page.session);
  });

  it('are not for a publisher’s token that names no session', () => {
    const { ingest } = setUp();
    expect(codeOf(() => ingest.joinCall({ platform: 'freeswitch', ids: ['1'] }, tokenOf('page')))).toBe('not-granted');
  });

  it('fall back to the next one, and to one of their own, when they make no id or are over', async () => {
    const { ingest } = setUp();
    const grant = grantOfPlatform('twilio:any');
    const first = ingest.joinCall({ platform: 'twilio', ids: ['CA1', 'MZ1'] }, grant);
    first.end();
    await first.session.finished;
    expect(ingest.joinCall({ platform: 'twilio', ids: ['CA1', 'MZ1'] }, grant).session.id).toBe('twilio-MZ1');
    const odd = ingest.joinCall({ platform: 'twilio', ids: ['no id', 'x'.repeat(60)] }, grant);
    expect(odd.session.id).toMatch(/^twilio-[0-9a-f-]{36}$/);
  });
});

describe('a token', () => {
  it('opens so many sessions a minute, and has so many open, whatever others do', async () => {
    const { ingest, refused, clock } = setUp({ maxSessionStartsPerToken: 4, maxSessionsPerToken: 2 });
    const parts = [1, 2].map(() => ingest.join({}, tokenOf('page')));
    expect(codeOf(() => ingest.join({}, tokenOf('page')))).toBe('quota-sessions');
    ingest.join({}, tokenOf('other'));
    for (const part of parts) part.end();
    await Promise.all(parts.map(({ session }) => session.finished));
    for (const part of [1, 2].map(() => ingest.join({}, tokenOf('page')))) {
      part.end();
      await part.session.finished;
    }
    expect(codeOf(() => ingest.join({}, tokenOf('page')))).toBe('quota-session-starts');
    expect(refused).toEqual(['open-sessions', 'sessions-per-minute']);
    clock.advance(15_000);
    expect(codeOf(() => ingest.join({}, tokenOf('page')))).toBe('let in');
  });

  it('brings so many participants into a session, and leaves room for others', () => {
    const { ingest, refused } = setUp({ maxParticipantsPerToken: 3 });
    const part = ingest.join({ sessionId: 'call' }, tokenOf('ghosts', { session: 'call' }));
    const outcomes = Array.from({ length: 40 }, (_, n) => bring(part, { id: `ghost-${n}` }));
    expect(outcomes.filter((outcome) => outcome instanceof IngestTrack)).toHaveLength(3);
    expect(outcomes.at(-1)).toBe('too-many-participants');
    expect(refused).toHaveLength(37);
    const other = ingest.join({ sessionId: 'call' }, tokenOf('ann', { session: 'call' }));
    expect(bring(other)).toBeInstanceOf(IngestTrack);
  });

  it('has so many publishers at once, and gets its places back', () => {
    const { ingest } = setUp({ maxParticipantsPerToken: 1, maxSessionsPerToken: 1 });
    const [first] = [1, 2].map(() => ingest.join({ sessionId: 'call' }, tokenOf('page')));
    expect(codeOf(() => ingest.join({ sessionId: 'call' }, tokenOf('page')))).toBe('quota-publishers');
    first!.leave();
    expect(codeOf(() => ingest.join({ sessionId: 'call' }, tokenOf('page')))).toBe('let in');
  });

  it('sends so much with all of its publishers together; a service has no such bound', () => {
    const { ingest, refused, clock } = setUp({
      maxBytesPerSecond: 1000,
      maxPacketBytes: 100,
      maxMessagesPerSecond: 10,
    });
    const [one, two] = [ingest.trafficOf(tokenOf('page'))!, ingest.trafficOf(tokenOf('page'))!];
    expect([one.take(1500, clock.now()), two.take(600, clock.now())]).toEqual([true, false]);
    expect(ingest.trafficOf(tokenOf('other'))!.take(1500, clock.now())).toBe(true);
    for (let n = 0; n < 20; n += 1) two.take(0, clock.now());
    expect(new Set(refused)).toEqual(new Set(['bytes', 'messages']));
    expect([ingest.trafficOf(SERVER), ingest.trafficOf(grantOfPlatform('zoom'))]).toEqual([null, null]);
  });

  it('gets its place back when opening failed', async () => {
    const { ingest, sessions } = setUp({ maxSessionsPerToken: 1, maxParticipantsPerToken: 1 });
    await sessions.close('shutdown', 0);
    for (let n = 0; n < 5; n += 1) expect(codeOf(() => ingest.join({}, tokenOf('page')))).toBe('shutting-down');
  });

  it('of a service opens as many sessions as the server has', () => {
    const { ingest } = setUp({ maxSessionsPerToken: 1, maxSessionStartsPerToken: 1, maxParticipantsPerToken: 1 });
    for (let n = 0; n < 100; n += 1) ingest.join({}, SERVER);
    for (let n = 0; n < 100; n += 1) ingest.joinCall({ platform: 'twilio', ids: [] }, grantOfPlatform('twilio:any'));
  });
});

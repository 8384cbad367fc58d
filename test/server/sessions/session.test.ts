import { map, type Observable, Subject, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { systemClock } from '../../../pipeline/media/clock.ts';
import type { MediaFrame } from '../../../pipeline/media/media-frame.ts';
import { grantOfEverything, grantOfNothing } from '../../../server/access/grant.ts';
import { readPage } from '../../../server/event-log/read-page.ts';
import { toResumed } from '../../../server/sessions/resumed-session.ts';
import { type Analyze, type CallSessionOptions, Session } from '../../../server/sessions/session.ts';
import { SessionRegistry } from '../../../server/sessions/session-registry.ts';
import { ThreadTurns } from '../../../server/sessions/thread-turns.ts';
import { aRun } from '../../support/history/stored-call.ts';
import { anyEvent } from '../../support/server/any-event.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';
import { scriptedAnalyze } from '../../support/server/scripted-analyze.ts';

const shared = {
  analyze: scriptedAnalyze({ scoringMs: 0 }),
  clock: systemClock,
  maxEvents: 100,
  maxTracks: 4,
  reconnectGraceMs: 20,
} satisfies Partial<CallSessionOptions>;
const opener = grantOfEverything('test');
const partOf = (grant = opener) => ({ grant, comesBack: true, release: () => {} });
const identity = { sessionId: 's', opener, title: null, traceparent: '00-1-1-01' };
const openSession = (options: Partial<CallSessionOptions> = {}) => new Session({ ...shared, ...identity, ...options });
const participant = { id: 'ann', role: 'customer', displayName: null } as const;
const track = { kind: 'track', trackId: 't', startMs: 0, media: 'audio', participant } as const;

describe('a session', () => {
  it('never ends before it started, wherever the wall clock was set meanwhile', async () => {
    const wall = new ManualClock();
    wall.scheduler.frame = Date.UTC(2026, 0, 1);
    let elapsedMs = 0;
    const session = openSession({ clock: { now: () => elapsedMs, scheduler: wall.scheduler } });
    elapsedMs = 5000;
    wall.scheduler.frame -= 3_600_000;
    session.abort('shutdown');
    await session.finished;
    const { startedAt, endedAt } = session.summary();
    expect([startedAt, endedAt]).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:05.000Z']);
  });

  it('ends with the first reason that it was given', async () => {
    const session = openSession();
    session.end('idle');
    session.end('completed');
    expect(await session.finished).toBe('idle');
    expect(session.summary()).toMatchObject({ state: 'ended', endReason: 'idle', lastSequence: 2 });
  });

  it('is live while its last utterances are finished, and takes no more media', async () => {
    const session = openSession();
    session.push(track);
    session.push({ kind: 'audio', trackId: 't', startMs: 0, sampleRateHz: 16_000, samples: new Float32Array(4) });
    session.end('completed');
    expect(session.summary()).toMatchObject({ state: 'live', endReason: null });
    session.push({ ...track, trackId: 'late' });
    await session.finished;
    expect(session.summary()).toMatchObject({ utteranceCount: 1, participants: [participant] });
  });

  it('analyses a burst in pieces and in its order, and ends behind it', async () => {
    const frames: MediaFrame[] = [];
    const thread = { hasRoom: true, lagMs: 0, flowCount: 1 };
    const turns = new ThreadTurns({ clock: systemClock, thread });
    const analyze = scriptedAnalyze({ scoringMs: 0, onFrame: (frame) => frames.push(frame) });
    const session = openSession({ turns, analyze });
    session.push(track);
    thread.hasRoom = false;
    session.push({ kind: 'audio', trackId: 't', startMs: 0, sampleRateHz: 16_000, samples: new Float32Array(20_000) });
    session.push({ kind: 'bound', trackId: 't', startMs: Number.POSITIVE_INFINITY });
    session.end('completed');
    expect(frames).toHaveLength(1);
    thread.hasRoom = true;
    turns.resume();
    expect(await session.finished).toBe('completed');
    expect(frames.map(({ kind, startMs }) => [kind, startMs])).toEqual([
      ['track', 0],
      ['audio', 0],
      ['audio', 512],
      ['audio', 1024],
      ['bound', Number.POSITIVE_INFINITY],
    ]);
  });

  it('lets audio from the future wait while its analysis has enough to do', async () => {
    const clock = new ManualClock();
    const frames: MediaFrame[] = [];
    let tellBacklog = (_ms: number) => {};
    const analyze: Analyze = (analysis) => {
      tellBacklog = analysis.onBacklog;
      return scriptedAnalyze({ onFrame: (frame) => frames.push(frame) })(analysis);
    };
    const session = openSession({ clock, analyze, turns: new ThreadTurns({ clock }) });
    const audio = (startMs: number) =>
      session.push({ kind: 'audio', trackId: 't', startMs, sampleRateHz: 16_000, samples: new Float32Array(4) });
    const times = () => frames.filter(({ kind }) => kind === 'audio').map(({ startMs }) => startMs);
    session.push(track);
    tellBacklog(6000);
    audio(900);
    audio(3000);
    audio(500);
    clock.advance(100);
    expect(times()).toEqual([900]);
    tellBacklog(1000);
    clock.advance(100);
    expect(times()).toEqual([900, 3000, 500]);
    tellBacklog(6000);
    audio(4000);
    clock.advance(2000);
    expect(times()).toEqual([900, 3000, 500]);
    // What was the future has come.
    clock.advance(1000);
    expect(times()).toEqual([900, 3000, 500, 4000]);
    session.abort('failed');
  });

  it('lets audio from the future take what the machine has alone, and a bounded pace beside live calls', async () => {
    const clock = new ManualClock();
    const turns = new ThreadTurns({ clock });
    const frames: MediaFrame[] = [];
    const analyze = scriptedAnalyze({ onFrame: (frame) => frames.push(frame) });
    const ahead = openSession({ clock, turns, analyze });
    const live = openSession({ clock, turns, sessionId: 'live' });
    const audio = (session: Session, startMs: number) =>
      session.push({ kind: 'audio', trackId: 't', startMs, sampleRateHz: 8000, samples: new Float32Array(4000) });
    const takenMs = () => 500 * frames.filter(({ kind }) => kind === 'audio').length;
    ahead.push(track);
    live.push(track);
    for (let i = 0; i < 40; i += 1) audio(ahead, 500 * i);
    clock.advance(100);
    expect(takenMs()).toBe(20_000);

    audio(live, 0);
    for (let i = 0; i < 80; i += 1) audio(ahead, 20_000 + 500 * i);
    clock.advance(1000);
    expect(takenMs() - 20_000).toBeGreaterThan(8000);
    expect(takenMs() - 20_000).toBeLessThan(16_000);
    // The live call has ended: nothing waits for it.
    clock.advance(2000);
    expect(takenMs()).toBe(60_000);
    ahead.abort('failed');
    live.abort('failed');
  });

  it('takes a clock that is set ahead for no hurry', async () => {
    const clock = new ManualClock();
    const turns = new ThreadTurns({ clock });
    const frames: MediaFrame[] = [];
    const sessions = Array.from({ length: 20 }, (_, i) =>
      openSession({
        clock,
        turns,
        sessionId: `call-${i}`,
        analyze: scriptedAnalyze({ onFrame: (frame) => frames.push(frame) }),
      }),
    );
    for (const session of sessions) session.push(track);
    for (let second = 0; second < 10; second += 1) {
      for (const session of sessions) {
        const startMs = 60_000 + 1000 * second;
        session.push({ kind: 'audio', trackId: 't', startMs, sampleRateHz: 8000, samples: new Float32Array(8000) });
      }
      clock.advance(1000);
      expect(frames.filter(({ kind }) => kind === 'audio').length).toBe(20 * (second + 1));
    }
    for (const session of sessions) session.abort('failed');
  });

  it('drops the oldest media of a session that has too much waiting, and no track’s beginning or end', async () => {
    const frames: MediaFrame[] = [];
    const lost: string[] = [];
    const clock = new ManualClock();
    const turns = new ThreadTurns({ clock, maxFlowBytes: 40_000 });
    const analyze = scriptedAnalyze({ scoringMs: 0, onFrame: (frame) => frames.push(frame) });
    const session = openSession({ turns, analyze, onDrop: ({ reason }) => lost.push(reason) });
    turns.charge('other', 1000);
    session.push(track);
    for (const startMs of [0, 500, 1000]) {
      session.push({ kind: 'audio', trackId: 't', startMs, sampleRateHz: 8000, samples: new Float32Array(4000) });
    }
    session.end('completed');
    clock.advance(1000);
    await session.finished;
    expect(lost).toEqual(['intake-flow-full']);
    expect(frames.map(({ kind, startMs }) => [kind, startMs])).toEqual([
      ['track', 0],
      ['audio', 500],
      ['audio', 1000],
    ]);
  });

  it('outlives its publishers by the grace, and ends at once when the last one says why', async () => {
    const session = openSession();
    const [one, two] = [partOf(), partOf()];
    expect([session.attach(one), session.attach(two)]).toEqual([1, 2]);
    session.detach(one);
    expect(session.ending).toBe(false);
    session.detach(two);
    expect(session.ending).toBe(false);
    expect(await session.finished).toBe('disconnected');

    const other = openSession();
    other.attach(one);
    other.detach(one, 'completed');
    expect(other.ending).toBe(true);
  });

  it('lets a participant have one track a kind, and again one after it has ended', () => {
    const session = openSession();
    session.push(track);
    expect(session.refuseTrack('ann', 'audio')).toBe('duplicate-track');
    expect(session.refuseTrack('ann', 'video')).toBeNull();
    session.push({ kind: 'bound', trackId: 't', startMs: Number.POSITIVE_INFINITY });
    expect(session.refuseTrack('ann', 'audio')).toBeNull();
  });

  it('limits tracks and participants', () => {
    const session = openSession();
    for (let i = 0; i < 4; i += 1) {
      session.push({ ...track, trackId: `t${i}`, participant: { ...participant, id: `p${i}` } });
      session.push({ kind: 'bound', trackId: `t${i}`, startMs: Number.POSITIVE_INFINITY });
    }
    expect(session.refuseTrack('p0', 'audio')).toBeNull();
    const newcomer = { ...participant, id: 'p9' };
    expect(session.claim(newcomer, opener, 100)).toBe('too-many-tracks');
  });

  it('ends as failed with a last event of its own when the analysis breaks off', async () => {
    const failures: unknown[] = [];
    const error = new Error('broken');
    const session = openSession({ analyze: () => () => throwError(() => error), onFailure: (e) => failures.push(e) });
    expect(await session.finished).toBe('failed');
    expect(failures).toEqual([error]);
    expect(session.events.lastSequence).toBe(1);
    expect(session.events.at(1)!.type).toBe('session.ended');
  });

  it('takes a gap in the sequence for a failure of the analysis', async () => {
    const session = openSession({ analyze: () => (source) => source.pipe(map(() => anyEvent(7))) });
    session.push(track);
    expect(await session.finished).toBe('failed');
  });

  it('leaves what the analysis holds when it is aborted', async () => {
    const events = new Subject<EmotionEvent>();
    const session = openSession({ analyze: () => (): Observable<EmotionEvent> => events });
    session.abort('shutdown');
    session.abort('failed');
    expect(events.observed).toBe(false);
    expect(await session.finished).toBe('shutdown');
    expect(session.events.lastSequence).toBe(1);
  });
});

describe('a session that goes on after a restart', () => {
  const started = { type: 'utterance.started', utteranceId: 'u', participant, startMs: 900 };
  const toldBefore = [
    { ...anyEvent(1), type: 'session.started' } as unknown as EmotionEvent,
    { ...anyEvent(2), ...started, epoch: 'e' } as unknown as EmotionEvent,
  ] as const;
  const run = aRun('s', {
    epoch: 'e',
    state: 'interrupted',
    startedAtMs: 0,
    endedAtMs: null,
    endReason: null,
    utteranceCount: 3,
    lastSequence: 2,
    mediaTimeMs: 2500,
    participants: [{ participant, holder: 'jwt:ann', isNamed: true, isRolePinned: false, isAnnounced: true }],
  });
  const resumeSession = (clock = new ManualClock(), graceMs = 100) => {
    clock.scheduler.frame = Math.max(clock.scheduler.frame, 4000);
    const events = toldBefore.map((event) => ({ sequence: event.sequence, json: encode(event) }));
    const resumed = toResumed(run, events);
    if (!('log' in resumed)) throw new Error('it is over');
    return openSession({ clock, turns: new ThreadTurns({ clock }), resumed: { ...resumed, graceMs } });
  };
  const encode = (event: EmotionEvent) => new TextEncoder().encode(JSON.stringify(event));

  it('keeps its epoch, counts on, ends what was open, and knows who takes part', () => {
    const session = resumeSession();
    expect(session.summary()).toMatchObject({
      epoch: 'e',
      interrupted: true,
      lastSequence: 3,
      utteranceCount: 4,
      mediaTimeMs: 2500,
      participants: [participant],
    });
    const lost = JSON.parse(session.events.at(3)!.json.toString());
    expect(lost).toMatchObject({ type: 'utterance.failed', code: 'analysis-lost', utteranceId: 'u', endMs: 2500 });
    expect(session.elapsedMs).toBe(4000);
    const other = grantOfNothing('jwt:bob');
    expect(session.claim(participant, other, 4)).toBe('participant-taken');
    session.abort('failed');
  });

  it('is interrupted until a publisher comes back, and has no second start', () => {
    const clock = new ManualClock();
    const session = resumeSession(clock);
    const part = partOf();
    session.attach(part);
    clock.advance(200);
    expect(session.state).toBe('live');
    expect(session.summary().interrupted).toBeUndefined();
    session.abort('failed');
    const types = readPage(session.events, 0, { limit: 10, maxBytes: 1e9 }).events.map(({ type }) => type);
    expect(types.filter((type) => type === 'session.started')).toHaveLength(1);
    expect(types.at(-1)).toBe('session.ended');
  });

  it('ends when nobody comes back in time', async () => {
    const clock = new ManualClock();
    const session = resumeSession(clock);
    clock.advance(100);
    expect(await session.finished).toBe('disconnected');
  });

  it('is over when its last event was stored', () => {
    const events = [{ sequence: 2, json: encode(anyEvent(2)) }];
    expect(toResumed(run, events)).toMatchObject({ type: 'session.ended', reason: 'completed' });
  });
});

describe('the registry', () => {
  const openRegistry = () => new SessionRegistry({ maxLive: 2, maxEnded: 1, place: () => shared, session: shared });

  it('opens no more sessions than it may, nor two of an id', () => {
    const registry = openRegistry();
    registry.open({ sessionId: 'a' });
    expect(() => registry.open({ sessionId: 'a' })).toThrow(expect.objectContaining({ code: 'session-exists' }));
    registry.open();
    expect(() => registry.open()).toThrow(expect.objectContaining({ code: 'session-limit' }));
  });

  it('makes room when a session has ended, and keeps the newest ended ones', async () => {
    const registry = openRegistry();
    for (const sessionId of ['a', 'b', 'c']) {
      const session = registry.open({ sessionId });
      session.end('completed');
      await session.finished;
      await Promise.resolve();
    }
    expect(registry.list().map((session) => session.id)).toEqual(['c']);
    expect(registry.get('a')).toBeUndefined();
  });

  it('opens none once it is closed', async () => {
    const registry = openRegistry();
    await registry.close('shutdown', 100);
    expect(() => registry.open()).toThrow(expect.objectContaining({ code: 'shutting-down' }));
  });
});

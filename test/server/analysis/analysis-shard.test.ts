import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame, PipelineDrop, PipelineFailure } from '../../../pipeline/index.ts';
import { AnalysisShard } from '../../../server/analysis/analysis-shard.ts';
import { SessionRun } from '../../../server/analysis/session-run.ts';
import { ThreadTurns } from '../../../server/sessions/thread-turns.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';
import { ScriptedShardThread } from '../../support/server/scripted-shard-thread.ts';

const participant = { id: 'ann', role: 'customer', displayName: null } as const;
const track: MediaFrame = { kind: 'track', trackId: 't', startMs: 0, media: 'audio', participant };
const identity = { sessionId: 's', title: null, startedAt: '2026-01-01T00:00:00.000Z', traceparent: '00-1-1-01' };
const envelope = { sessionId: 's', traceparent: '00-1-1-01' };

const audio = (startMs: number, durationMs = 20): MediaFrame => ({
  kind: 'audio',
  trackId: 't',
  startMs,
  sampleRateHz: 8000,
  samples: new Float32Array(durationMs * 8),
});
const begun = (sequence: number, startMs: number): EmotionEvent => ({
  ...envelope,
  type: 'utterance.started',
  sequence,
  mediaTimeMs: startMs,
  utteranceId: `ann-${startMs}`,
  participant,
  startMs,
});

async function setUp() {
  const clock = new ManualClock();
  const threads: ScriptedShardThread[] = [];
  const lines: string[] = [];
  const counts = { restarts: 0 };
  const shard = new AnalysisShard({
    clock,
    startThread(current) {
      threads.push(new ScriptedShardThread(current));
      return threads.at(-1)!.asWorker;
    },
    log: (line) => lines.push(line),
    onRestart: () => {
      counts.restarts += 1;
    },
  });
  const started = shard.start();
  threads[0]!.answer({ kind: 'ready' });
  await started;
  const thread = () => threads.at(-1)!;
  return { clock, shard, threads, thread, lines, counts };
}

function openSession(shard: AnalysisShard) {
  const events: EmotionEvent[] = [];
  const failures: PipelineFailure[] = [];
  const drops: PipelineDrop[] = [];
  const ends: unknown[] = [];
  const first: EmotionEvent = {
    ...envelope,
    type: 'session.started',
    sequence: 1,
    mediaTimeMs: 0,
    startedAt: '',
    title: null,
    modelId: 'm@1',
  };
  const run = new SessionRun(
    { session: identity, wantsDecisions: false },
    { sequence: first.sequence, utteranceCount: 0, durationMs: 0 },
    {
      events: {
        next: (event) => events.push(event),
        error: (error) => ends.push(error),
        complete: () => ends.push(null),
      },
      observer: { failed: (failure) => failures.push(failure), dropped: (drop) => drops.push(drop) },
      decodeImage: () => Promise.reject(new Error('no pictures here')),
    },
  );
  return { session: shard.open(run), events, failures, drops, ends };
}

const framesOf = (thread: ScriptedShardThread) => thread.of('frames').map(({ batch }) => batch.heads.length / 5);

describe('an analysis shard', () => {
  it('sends the frames of a few ms in one batch, and in all no more than the thread takes', async () => {
    const { clock, shard, thread } = await setUp();
    const { session } = openSession(shard);
    for (const frame of [track, audio(0), audio(20)]) shard.push(session, frame);
    clock.advance(1);
    expect(framesOf(thread())).toEqual([3]);
    shard.push(session, audio(40));
    clock.advance(5);
    expect(framesOf(thread())).toEqual([3, 1]);
    shard.push(session, audio(60, 999));
    expect(shard.hasRoom).toBe(true);
    shard.push(session, audio(1060));
    clock.advance(50);
    expect(shard.hasRoom).toBe(false);
    expect(framesOf(thread())).toEqual([3, 1]);
    thread().done();
    clock.advance(5);
    expect(framesOf(thread())).toEqual([3, 1, 2]);
    expect(shard.hasRoom).toBe(true);
  });

  it('lets media wait for its turn while the thread is full, and charges each session what it used', async () => {
    const { clock, shard, thread } = await setUp();
    const { session } = openSession(shard);
    const ran: number[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      shard.push(session, audio(batch * 1000, 1000));
      clock.advance(5);
    }
    expect(shard.turns.isFree('s')).toBe(false);
    shard.turns.push({ flow: 's', run: () => ran.push(1), drop: () => {} });
    clock.advance(100);
    expect(ran).toEqual([]);
    expect(shard.turns.lagMs).toBeGreaterThanOrEqual(100);
    thread().done([], 30);
    clock.advance(5);
    expect(ran).toEqual([1]);
    expect(shard.turns.isHeavy('s')).toBe(true);
  });

  it('is late when the media of most sessions waits, and not when one session brings too much or too early', () => {
    const clock = new ManualClock();
    const turns = new ThreadTurns({ clock, thread: { hasRoom: false, lagMs: 0, flowCount: 3 } });
    const wait = (flow: string, isAhead = false) => turns.push({ flow, isAhead, run: () => {}, drop: () => {} });
    wait('a');
    wait('a');
    wait('b', true);
    clock.advance(700);
    expect(turns.lagMs).toBe(0);
    wait('c');
    clock.advance(50);
    expect(turns.lagMs).toBe(50);
    const starting = new ThreadTurns({ clock, thread: { hasRoom: false, lagMs: null, flowCount: 1 } });
    starting.push({ flow: 'a', run: () => {}, drop: () => {} });
    clock.advance(700);
    expect(starting.lagMs).toBe(0);
  });

  it('replaces a thread that answers nothing for 15 s', async () => {
    const { clock, shard, thread, threads, lines, counts } = await setUp();
    openSession(shard);
    for (let s = 0; s < 30; s += 1) {
      clock.advance(1000);
      thread().done();
    }
    expect(threads).toHaveLength(1);
    for (let s = 0; s < 20; s += 1) clock.advance(1000);
    expect(threads).toHaveLength(2);
    expect(counts.restarts).toBe(1);
    expect(lines.join()).toContain('it did not answer for 15 s');
  });

  it('tells a new thread what is open, and goes on after the events that were told', async () => {
    const { clock, shard, threads } = await setUp();
    const { session, events, failures, drops } = openSession(shard);
    for (const frame of [track, audio(0), audio(20)]) shard.push(session, frame);
    clock.advance(5);
    threads[0]!.done([{ session, kind: 'event', event: begun(2, 10) }]);
    shard.push(session, audio(40));
    threads[0]!.end(1, new TypeError('no such lane'));
    expect(events.slice(1)).toEqual([
      expect.objectContaining({ type: 'utterance.failed', sequence: 3, code: 'analysis-lost', startMs: 10, endMs: 60 }),
    ]);
    expect(failures).toMatchObject([{ code: 'analysis-lost', utteranceId: 'ann-10' }]);
    expect(drops).toMatchObject([{ reason: 'analysis-lost', count: 3 }]);
    clock.advance(100);
    threads[1]!.answer({ kind: 'ready' });
    clock.advance(5);
    expect(threads[1]!.of('open')).toMatchObject([{ toldBefore: { sequence: 3, utteranceCount: 1, durationMs: 60 } }]);
    expect(threads[1]!.of('frames').map(({ batch }) => batch.others)).toEqual([[track]]);
  });

  it('ends a session in a new thread that was ending when the old one died', async () => {
    const { clock, shard, threads } = await setUp();
    const { session, ends } = openSession(shard);
    shard.end(session, 'idle');
    threads[0]!.end(7);
    clock.advance(100);
    threads[1]!.answer({ kind: 'ready' });
    expect(threads[1]!.of('end')).toEqual([{ kind: 'end', session, reason: 'idle' }]);
    threads[1]!.answer({ kind: 'report', done: 0, uses: [], outputs: [{ session, kind: 'completed' }] });
    expect(ends).toEqual([null]);
    expect(shard.flowCount).toBe(0);
  });

  it('fails a session on which two threads died, and no session beside it', async () => {
    const { clock, shard, threads, thread } = await setUp();
    const bad = openSession(shard);
    const good = openSession(shard);
    for (let death = 0; death < 2; death += 1) {
      thread().current[0] = bad.session;
      thread().end(1, new RangeError('too deep'));
      clock.advance(10_000);
      thread().answer({ kind: 'ready' });
    }
    expect(bad.ends).toEqual([expect.objectContaining({ name: 'StageError' })]);
    expect(good.ends).toEqual([]);
    expect(threads).toHaveLength(3);
    expect(thread().of('open')).toHaveLength(1);
  });

  it('waits longer each time before it starts a thread again that cannot live', async () => {
    const { clock, shard, threads } = await setUp();
    openSession(shard);
    for (const waitMs of [100, 200, 400]) {
      threads.at(-1)!.end(1);
      const count = threads.length;
      clock.advance(waitMs - 1);
      expect(threads).toHaveLength(count);
      clock.advance(1);
      expect(threads).toHaveLength(count + 1);
    }
  });
});

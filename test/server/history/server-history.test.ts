import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { EmotionEvent } from '../../../client-sdk/protocol/index.ts';
import { HistoryError } from '../../../server/history/history-error.ts';
import type { HistoryStore, Pruned, RunRecord } from '../../../server/history/history-store.ts';
import { ServerHistory } from '../../../server/history/server-history.ts';
import { SessionRegistry } from '../../../server/sessions/session-registry.ts';
import { aCall, type Said } from '../../support/history/stored-call.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

const FOREVER = { wordsMs: 1e12, eventsMs: 1e12, summariesMs: 1e12, maxBytes: 1e12 };

/** A history with these interrupted sessions. */
function setUp(
  calls: ReturnType<typeof interrupted>[],
  options: { readonly wasComplete?: boolean; readonly tellsWhenSafe?: boolean; readonly maxEvents?: number } = {},
) {
  const { wasComplete = true, tellsWhenSafe = true, maxEvents = 100 } = options;
  const clock = new ManualClock();
  const written: RunRecord[] = [];
  const marks: boolean[] = [];
  const prunes: (() => Promise<Pruned>)[] = [];
  const nothing: Pruned = { words: 0, events: 0, sessions: 0, bytes: 42, isMore: false };
  let pruneCount = 0;
  const store = {
    wasComplete,
    write: async ({ runs }: { runs: readonly RunRecord[] }) => void written.push(...runs),
    interrupted: async () => calls.map(({ run }) => run),
    events: async ({ sessionId }: { sessionId: string }, after: number) => {
      const { events } = calls.find(({ run }) => run.sessionId === sessionId)!;
      return { events: events.filter(({ sequence }) => sequence > after), firstSequence: 1, lastSequence: 0 };
    },
    markWhole: async (isWhole: boolean) => void marks.push(isWhole),
    prune: () => {
      pruneCount += 1;
      return prunes.shift()?.() ?? Promise.resolve(nothing);
    },
    close: async () => {},
  } as unknown as HistoryStore;
  const logged: string[] = [];
  const log = (_fields: object, message = '') => void logged.push(message);
  const deleted: Record<string, number> = {};
  const history = new ServerHistory({
    store,
    tellsWhenSafe,
    restartGraceMs: 1000,
    maxEvents,
    retention: FOREVER,
    clock,
    meter: {
      historyStored: () => {},
      historyDropped: () => {},
      historyDeleted: (kind, count) => {
        deleted[kind] = (deleted[kind] ?? 0) + count;
      },
    },
    log: { info: log, warn: log, error: log } as never,
  });
  const session = { clock, maxEvents: 100, maxTracks: 4, reconnectGraceMs: 20 };
  const sessions = new SessionRegistry({
    maxLive: 10,
    maxEnded: 10,
    place: () => ({ analyze: () => () => new Subject<EmotionEvent>() }),
    session: { ...session, keeper: history.keeper },
  });
  return { history, sessions, clock, written, marks, logged, deleted, prunes, nothing, pruneCount: () => pruneCount };
}

function interrupted(sessionId: string, said: readonly Said[] = [{}], changes: Partial<RunRecord> = {}) {
  return aCall(sessionId, said, { state: 'interrupted', endedAtMs: null, endReason: null, ...changes });
}

describe('the history of a server that starts', () => {
  it('continues the sessions that were interrupted', async () => {
    const { history, sessions, marks, logged } = setUp([interrupted('a'), interrupted('b', [{}, {}])]);
    await history.start(sessions);
    expect(sessions.list().map(({ id }) => id)).toEqual(['b', 'a']);
    expect(sessions.get('b')?.summary()).toMatchObject({ interrupted: true, lastSequence: 3, utteranceCount: 2 });
    expect(marks).toEqual([true]);
    expect(logged).toEqual(['sessions were interrupted by the end of the server before']);
  });

  it('reads no more than the newest events of each', async () => {
    const { history, sessions } = setUp([interrupted('a', [{}, {}, {}, {}])], { maxEvents: 2 });
    await history.start(sessions);
    expect(sessions.get('a')?.events).toMatchObject({ firstSequence: 4, lastSequence: 5 });
  });

  it.each([
    ['the log was not whole', { wasComplete: false }, {}],
    ['events are told before they are stored', { tellsWhenSafe: false }, {}],
    ['an event of the session was not stored', {}, { isComplete: false }],
  ])('ends them when %s', async (_why, options, changes) => {
    const { history, sessions, written } = setUp([interrupted('a', [{}], changes)], options);
    await history.start(sessions);
    expect(sessions.list()).toEqual([]);
    expect(written).toMatchObject([{ sessionId: 'a', state: 'ended', endReason: 'disconnected' }]);
  });

  it('does not continue a session whose last event was stored', async () => {
    const call = interrupted('a');
    const ended = aCall('a', [{}]).events.at(-1)!;
    const { history, sessions, written } = setUp([{ ...call, events: [...call.events, ended] }]);
    await history.start(sessions);
    expect(sessions.list()).toEqual([]);
    expect(written).toMatchObject([{ state: 'ended', endReason: 'completed' }]);
  });

  it('ends at once what nobody can come back to', async () => {
    const { history, sessions, clock } = setUp([interrupted('sample', [{}], { opener: 'server' })]);
    await history.start(sessions);
    clock.advance(0);
    expect(sessions.get('sample')?.ending).toBe(true);
  });
});

describe('the history of a server', () => {
  it('deletes what is too old every minute, in steps while there is more, and counts it', async () => {
    const { history, sessions, clock, prunes, nothing, deleted, pruneCount } = setUp([]);
    prunes.push(
      async () => ({ ...nothing, words: 3, isMore: true }),
      async () => ({ ...nothing, words: 1, sessions: 1 }),
      () => Promise.reject(new HistoryError('failed', 'the disk hiccupped')),
    );
    await history.start(sessions);
    const advance = async (ms: number) => {
      clock.advance(ms);
      await new Promise((resolve) => setImmediate(resolve));
      return pruneCount();
    };
    expect(await advance(0)).toBe(1);
    expect(await advance(250)).toBe(2);
    expect(await advance(59_000)).toBe(2);
    expect(await advance(1000)).toBe(3);
    expect(await advance(60_000)).toBe(4);
    expect(deleted).toEqual({ words: 4, events: 0, sessions: 1 });
    expect(history.bytes).toBe(42);
  });

  it('is told to be missing, and sessions go on, when there is no store', async () => {
    const { sessions, clock } = setUp([]);
    const failure = new HistoryError('disk-full', 'the disk of the history is full');
    const meter = { historyStored: () => {}, historyDropped: () => {}, historyDeleted: () => {} };
    const settings = { tellsWhenSafe: true, restartGraceMs: 0, maxEvents: 1, retention: FOREVER };
    const history = new ServerHistory({ ...settings, store: failure, clock, meter, log: {} as never });
    await history.start(sessions);
    expect([history.outage, history.keeper]).toEqual(['the disk of the history is full', undefined]);
    expect(() => history.store).toThrow(failure);
  });
});

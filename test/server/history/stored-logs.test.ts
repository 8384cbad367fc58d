import { describe, expect, it } from 'vitest';
import type { HistoryStore } from '../../../server/history/history-store.ts';
import { StoredLogs, type StoredSession } from '../../../server/history/stored-logs.ts';
import { aCall } from '../../support/history/stored-call.ts';

const call = aCall('one', [{ text: 'well' }, { text: 'then' }]);

function storeOf(changes: Partial<HistoryStore> = {}): () => HistoryStore {
  const store = {
    session: async (sessionId: string) => (sessionId === 'one' ? call.run : null),
    events: async (_run: unknown, after: number) => ({
      events: call.events.filter(({ sequence }) => sequence > after),
      firstSequence: 1,
      lastSequence: call.run.lastSequence,
    }),
    ...changes,
  };
  return () => store as unknown as HistoryStore;
}

describe('a stored log', () => {
  it('comes back with its newest events, its epoch and its end', async () => {
    const session = (await new StoredLogs({ store: storeOf(), maxEvents: 3 }).open('one')) as StoredSession;
    const { events } = session;
    expect([events.epoch, events.firstSequence, events.lastSequence, events.closed]).toEqual([
      'epoch-of-one',
      2,
      4,
      true,
    ]);
  });

  it('is one of a few at once, and the leaving of a reader makes room', async () => {
    const logs = new StoredLogs({ store: storeOf(), maxEvents: 10 });
    const open = await Promise.all([1, 2, 3, 4].map(() => logs.open('one')));
    expect(await logs.open('one')).toBe('overloaded');
    (open[0] as StoredSession).release();
    (open[0] as StoredSession).release();
    expect(await logs.open('one')).toHaveProperty('events');
    expect(await logs.open('one')).toBe('overloaded');
  });

  it('takes no room when there is none, or it cannot be read', async () => {
    const logs = new StoredLogs({ store: storeOf(), maxEvents: 10 });
    for (let index = 0; index < 8; index += 1) expect(await logs.open('other')).toBeNull();
    expect(await new StoredLogs({ store: () => null, maxEvents: 10 }).open('one')).toBeNull();
    const broken = new StoredLogs({
      store: storeOf({ events: () => Promise.reject(new Error('the disk is gone')) }),
      maxEvents: 10,
    });
    for (let index = 0; index < 8; index += 1) await expect(broken.open('one')).rejects.toThrow('the disk is gone');
  });
});

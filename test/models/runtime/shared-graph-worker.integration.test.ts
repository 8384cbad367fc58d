import { describe, expect, it } from 'vitest';
import { shareGraphWorker } from '../../../models/runtime/shared-graph-worker.ts';
import { settle } from '../../support/models/held-batches.ts';

/** A worker that computes nothing until the test lets it, in the order asked. */
function setUp() {
  const asked: string[] = [];
  const held: (() => void)[] = [];
  const hold = (name: string) => {
    asked.push(name);
    return new Promise<void>((resolve) => held.push(resolve));
  };
  let closed = false;
  const shared = shareGraphWorker({
    name: 'test worker',
    costs: { small: 1, large: 20, voice: 16 },
    maxQueue: 6,
    maxFlowQueue: 4,
    worker: {
      signatures: {},
      run: async (graph) => hold(graph).then(() => ({})),
      stats: () => ({ pending: held.length, dropped: 0, restarts: 0 }),
      close: async () => {
        closed = true;
      },
    },
  });
  const end = async () => {
    held.shift()?.();
    await settle();
  };
  return { shared, hold, asked, end, isClosed: () => closed };
}

const outcome = (result: Promise<unknown>) =>
  result.then(
    () => 'done',
    (error: { code: string }) => error.code,
  );

describe('shareGraphWorker', () => {
  it('sends small requests ahead and keeps a large one back until the worker is free', async () => {
    const { shared, asked, end } = setUp();
    const session = shared.forSession('a');
    for (const graph of ['small', 'small', 'large']) void session.run(graph, {});
    await settle();
    expect(asked).toEqual(['small', 'small']);
    await end();
    await end();
    expect(asked).toEqual(['small', 'small', 'large']);
  });

  it('lets a quiet session go before the next request of a busy one', async () => {
    const { shared, asked, end } = setUp();
    const [busy, quiet] = [shared.forSession('busy'), shared.forSession('quiet')];
    for (let i = 0; i < 3; i += 1) void busy.run('voice', {});
    await settle();
    void quiet.run('small', {});
    await end();
    expect(asked).toEqual(['voice', 'small']);
  });

  it('runs batches that sessions share, one after the other, and lets all kinds of requests of a session take turns', async () => {
    const { shared, hold, asked, end } = setUp();
    const frames = shared.openLine<string, string>({
      name: 'frames',
      maxBatch: 3,
      maxBatchCost: 5,
      isPadded: false,
      concurrency: 1,
      costOf: (item) => item.length,
      runBatch: async (items) => hold(items.join('+')).then(() => items),
    });
    const submitted = ['a', 'bb', 'cc', 'dd'].map((item) => frames.submit(item, item));
    void shared.forSession('dd').run('small', {});
    await settle();
    expect(asked).toEqual(['a+bb+cc', 'small']);
    await end();
    expect(asked).toEqual(['a+bb+cc', 'small', 'dd']);
    await end();
    await end();
    expect(await Promise.all(submitted)).toEqual(['a', 'bb', 'cc', 'dd']);
    expect(shared.stats()).toMatchObject({ items: 5, batches: 3, queueDepth: 0, running: 0 });
  });

  it('drops requests of the session that has too many, and none of the others', async () => {
    const { shared, end } = setUp();
    const [busy, quiet] = [shared.forSession('busy'), shared.forSession('quiet')];
    const flood = Array.from({ length: 6 }, () => outcome(busy.run('large', {})));
    const beside = outcome(quiet.run('large', {}));
    await settle();
    for (let i = 0; i < 6; i += 1) await end();
    expect(await beside).toBe('done');
    expect((await Promise.all(flood)).filter((result) => result === 'overloaded')).toHaveLength(
      shared.stats().dropped['flow-full'] + shared.stats().dropped['queue-full'],
    );
    expect(shared.stats().dropped['flow-full']).toBeGreaterThan(0);
  });

  it('rejects what waits when it is closed, lets what runs finish, then closes the worker', async () => {
    const { shared, end, isClosed } = setUp();
    const session = shared.forSession('a');
    const results = ['large', 'large'].map((graph) => outcome(session.run(graph, {})));
    await settle();
    const closing = shared.close();
    expect(await results[1]).toBe('closed');
    expect(isClosed()).toBe(false);
    await end();
    await closing;
    expect([await results[0], isClosed()]).toEqual(['done', true]);
  });
});

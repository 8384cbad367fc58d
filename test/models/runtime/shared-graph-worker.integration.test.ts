import { describe, expect, it } from 'vitest';
import type { Scan } from '../../../models/runtime/graph-scan.ts';
import { shareGraphWorker } from '../../../models/runtime/shared-graph-worker.ts';
import { settle } from '../../support/models/held-batches.ts';

const scanOf = (steps: number): Scan => ({
  steps: { input: { dtype: 'float32', shape: [steps, 1], data: new Float32Array(steps) } },
  state: {},
  stateOutputs: {},
  constants: {},
});

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
    costs: { small: 1, large: 20, voice: 2 },
    maxQueue: 6,
    maxFlowQueue: 4,
    worker: {
      signatures: {},
      run: async (graph) => hold(graph).then(() => ({})),
      scan: async (graph) => hold(graph).then(() => ({ outputs: {}, state: {} })),
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
  return { shared, asked, end, isClosed: () => closed };
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

  it('lets a quiet session go before the next request of a busy one, a scan counted by its steps', async () => {
    const { shared, asked, end } = setUp();
    const [busy, quiet] = [shared.forSession('busy'), shared.forSession('quiet')];
    for (let i = 0; i < 3; i += 1) void busy.scan('voice', scanOf(8));
    await settle();
    void quiet.run('small', {});
    await end();
    expect(asked).toEqual(['voice', 'small']);
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

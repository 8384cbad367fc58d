import { describe, expect, it } from 'vitest';
import { poolGraphWorkers } from '../../../models/runtime/graph-pool.ts';
import type { GraphWorker } from '../../../models/runtime/graph-worker.ts';

/** A worker that never answers and counts what it was asked. */
function idleWorker(): GraphWorker & { readonly closed: () => boolean } {
  let pending = 0;
  let closed = false;
  return {
    signatures: {},
    run() {
      pending += 1;
      return new Promise(() => {});
    },
    stats: () => ({ pending, dropped: 0, restarts: 0 }),
    async close() {
      closed = true;
    },
    closed: () => closed,
  };
}

describe('poolGraphWorkers', () => {
  it('gives each run to the worker with the fewest unanswered requests', () => {
    const workers = [idleWorker(), idleWorker(), idleWorker()];
    void workers[1]?.run('text', {});
    void workers[1]?.run('text', {});
    const pool = poolGraphWorkers(workers);
    for (let i = 0; i < 4; i += 1) void pool.run('text', {});
    expect(workers.map((worker) => worker.stats().pending)).toEqual([2, 2, 2]);
  });

  it('closes every worker', async () => {
    const workers = [idleWorker(), idleWorker()];
    await poolGraphWorkers(workers).close();
    expect(workers.map((worker) => worker.closed())).toEqual([true, true]);
  });

  it('refuses to be empty', () => {
    expect(() => poolGraphWorkers([])).toThrow(RangeError);
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { type SupervisedWorker, superviseWorker } from '../../../models/runtime/supervised-worker.ts';
import { createManualTimers } from '../../support/models/manual-timers.ts';
import type { UnrulyRequest } from '../../support/models/unruly-worker.ts';

const directory = mkdtempSync(join(tmpdir(), 'undertone-worker-'));
const refuseWhile = join(directory, 'refuse');
const opened: SupervisedWorker<string, UnrulyRequest, UnrulyRequest>[] = [];

afterEach(async () => {
  for (const worker of opened.splice(0)) await worker.close();
  rmSync(refuseWhile, { force: true });
});

async function open(maxPending?: number) {
  const timers = createManualTimers();
  const lines: string[] = [];
  const start = () =>
    new Worker(new URL('../../support/models/unruly-worker.ts', import.meta.url), { workerData: { refuseWhile } });
  const worker = await superviseWorker<string, UnrulyRequest, UnrulyRequest>({
    name: 'test worker',
    start,
    timers,
    log: (line) => lines.push(line),
    ...(maxPending !== undefined && { maxPending }),
  });
  opened.push(worker);
  return { worker, timers, lines };
}

async function crash(worker: SupervisedWorker<string, UnrulyRequest, UnrulyRequest>) {
  await expect(worker.request('exit', [])).rejects.toMatchObject({ code: 'failed' });
}

describe('superviseWorker', () => {
  it('answers requests and passes on what the worker said when it was ready', async () => {
    const { worker } = await open();
    expect(worker.hello).toBe('hello');
    expect(await worker.request('echo', [])).toBe('echo');
    expect(worker.pending).toBe(0);
  });

  it('rejects a request that the worker cannot compute, and only that', async () => {
    const { worker, lines } = await open();
    const [failed, echoed] = await Promise.allSettled([worker.request('fail', []), worker.request('echo', [])]);
    expect(failed).toMatchObject({
      reason: { code: 'failed', message: 'The test worker failed: cannot compute' },
    });
    expect(echoed).toMatchObject({ value: 'echo' });
    expect(lines).toEqual([]);
  });

  it.each([
    ['exits', 'exit', 'The test worker stopped (it exited). It starts again in 100 ms.'],
    ['throws', 'throw', 'The test worker stopped (out of cheese). It starts again in 100 ms.'],
  ] as const)(
    'rejects every unanswered request when the worker %s, says so, and starts it again',
    async (_, how, line) => {
      const { worker, timers, lines } = await open();
      const settled = await Promise.allSettled([worker.request('hang', []), worker.request(how, [])]);
      expect(settled.map((result) => result.status === 'rejected' && result.reason.code)).toEqual(['failed', 'failed']);
      expect(lines).toEqual([line]);
      await expect(worker.request('echo', [])).rejects.toMatchObject({ code: 'failed' });
      timers.advance(100);
      expect(await worker.request('echo', [])).toBe('echo');
      expect(worker.restarts).toBe(1);
    },
  );

  it('waits twice as long after every crash in a row, up to ten seconds, until a request succeeds', async () => {
    const { worker, timers } = await open();
    const delays: number[] = [];
    for (let crashes = 0; crashes < 9; crashes += 1) {
      await crash(worker);
      delays.push(...timers.waitingMs());
      timers.advance(10_000);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    await worker.request('echo', []);
    await crash(worker);
    expect(timers.waitingMs()).toEqual([100]);
  });

  it('keeps trying while the worker refuses to start', async () => {
    const { worker, timers, lines } = await open();
    writeFileSync(refuseWhile, '');
    await crash(worker);
    timers.advance(100);
    await expect.poll(() => lines).toHaveLength(2);
    expect(lines[1]).toBe('The test worker stopped (not today). It starts again in 200 ms.');
    rmSync(refuseWhile);
    timers.advance(200);
    expect(await worker.request('echo', [])).toBe('echo');
  });

  it('fails to open when the first worker refuses to start, and does not try again', async () => {
    writeFileSync(refuseWhile, '');
    await expect(open()).rejects.toMatchObject({ code: 'failed', message: 'The test worker stopped (not today).' });
  });

  it('rejects and counts requests beyond its bound', async () => {
    const { worker, timers } = await open(2);
    const hanging = [worker.request('hang', []), worker.request('hang', [])].map((request) => request.catch(() => {}));
    await expect(worker.request('echo', [])).rejects.toMatchObject({ code: 'overloaded' });
    expect(worker.dropped).toBe(1);
    expect(worker.pending).toBe(2);
    await worker.close();
    await Promise.all(hanging);
    expect(timers.waitingMs()).toEqual([]);
  });

  it('lets unanswered requests finish when it is closed, and takes nothing more', async () => {
    const { worker } = await open();
    const echo = worker.request('echo', []);
    const closing = worker.close();
    await expect(worker.request('echo', [])).rejects.toMatchObject({ code: 'closed' });
    await closing;
    expect(await echo).toBe('echo');
  });

  it('can be closed while it waits to start again', async () => {
    const { worker, timers } = await open();
    await crash(worker);
    await worker.close();
    expect(timers.waitingMs()).toEqual([]);
  });
});

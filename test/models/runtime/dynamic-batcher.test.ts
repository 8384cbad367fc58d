import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../models/model-error.ts';
import { createDynamicBatcher, type DynamicBatcherOptions } from '../../../models/runtime/dynamic-batcher.ts';
import { holdBatches, settle } from '../../support/models/held-batches.ts';
import { createManualTimers } from '../../support/models/manual-timers.ts';

function setUp(options: Partial<DynamicBatcherOptions> = {}) {
  const batches = holdBatches();
  const timers = createManualTimers();
  const { runBatch } = batches;
  const { open, close } = createDynamicBatcher({ maxBatch: 3, maxQueue: 10, timers, ...options });
  const line = open<number, number>({ name: 'test queue', runBatch, costOf: (item) => Math.max(1, item) });
  return { batcher: { ...line, close, open }, batches, timers };
}

const dropped = (flowFull: number, queueFull = 0) => ({ 'flow-full': flowFull, 'queue-full': queueFull });

/** What became of a submission, as a value. */
function outcome(result: Promise<number>): Promise<number | string> {
  return result.catch((error: unknown) => (error instanceof ModelError ? error.code : String(error)));
}

describe('createDynamicBatcher', () => {
  it('runs a lone item at once when idle, without a timer', async () => {
    const { batcher, batches, timers } = setUp();
    const result = batcher.submit(1);
    await settle();
    expect(batches.started).toEqual([[1]]);
    expect(timers.waitingMs()).toEqual([]);
    await batches.end();
    expect(await result).toBe(10);
  });

  it('joins the items that several callers submit in one turn', async () => {
    const { batcher, batches } = setUp();
    const results = [1, 2].map((item) => batcher.submit(item));
    await settle();
    expect(batches.started).toEqual([[1, 2]]);
    await batches.end();
    expect(await Promise.all(results)).toEqual([10, 20]);
  });

  it('gathers what arrives while a batch runs and runs it as soon as that ends', async () => {
    const { batcher, batches } = setUp();
    void batcher.submit(1);
    await settle();
    for (const item of [2, 3, 4, 5]) {
      void batcher.submit(item);
      await settle();
    }
    expect(batches.started).toEqual([[1]]);
    await batches.end();
    expect(batches.started).toEqual([[1], [2, 3, 4]]);
    await batches.end();
    expect(batches.started).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('waits for more items when told to, counted from the first', async () => {
    const { batcher, batches, timers } = setUp({ maxWaitMs: 5 });
    void batcher.submit(1);
    timers.advance(4);
    void batcher.submit(2);
    await settle();
    expect(batches.started).toEqual([]);
    timers.advance(1);
    expect(batches.started).toEqual([[1, 2]]);
  });

  it('does not wait any longer once a batch is full', () => {
    const { batcher, batches, timers } = setUp({ maxWaitMs: 5 });
    for (const item of [1, 2, 3]) void batcher.submit(item);
    expect(batches.started).toEqual([[1, 2, 3]]);
    expect(timers.waitingMs()).toEqual([]);
  });

  it('drops nothing from a short queue while nothing runs', async () => {
    const { batcher, batches } = setUp({ maxQueue: 2 });
    for (const item of [1, 2]) void batcher.submit(item);
    expect(batches.started).toEqual([[1, 2]]);
    expect(batcher.stats().dropped).toEqual(dropped(0));
  });

  it('runs as many batches at a time as it may', async () => {
    const { batcher, batches } = setUp({ concurrency: 2 });
    for (const item of [1, 2, 3]) {
      void batcher.submit(item);
      await settle();
    }
    expect(batches.started).toEqual([[1], [2]]);
    expect(batcher.stats()).toEqual({ queueDepth: 1, running: 2, batches: 2, items: 2, dropped: dropped(0) });
  });

  it('drops the oldest waiting item from a full queue and counts it', async () => {
    const { batcher, batches } = setUp({ maxQueue: 2 });
    void batcher.submit(1);
    await settle();
    const results = [2, 3, 4].map((item) => outcome(batcher.submit(item)));
    await batches.end();
    await batches.end();
    expect(await Promise.all(results)).toEqual(['overloaded', 30, 40]);
    expect(batcher.stats().dropped).toEqual(dropped(1));
  });

  it('rejects only the item whose result is an error', async () => {
    const { batcher, batches } = setUp();
    const results = [1, 2, 3].map((item) => outcome(batcher.submit(item)));
    await settle();
    await batches.end([10, ModelError.failed('not finite'), 30]);
    expect(await Promise.all(results)).toEqual([10, 'failed', 30]);
  });

  it.each([
    ['rejects', new Error('the runtime gave up')],
    ['gives too few results', [10]],
  ])('fails every item of a batch that %s, and goes on', async (_, result) => {
    const { batcher, batches } = setUp();
    const failing = [1, 2].map((item) => outcome(batcher.submit(item)));
    await settle();
    await batches.end(result);
    expect(await Promise.all(failing)).toEqual(['failed', 'failed']);
    const next = batcher.submit(3);
    await settle();
    await batches.end();
    expect(await next).toBe(30);
  });

  it('rejects what waits when it is closed, lets the running batch finish, and takes nothing more', async () => {
    const { batcher, batches, timers } = setUp({ maxWaitMs: 5 });
    const running = [1, 2, 3].map((item) => outcome(batcher.submit(item)));
    const waiting = outcome(batcher.submit(4));
    let closed = false;
    const closing = batcher.close().then(() => {
      closed = true;
    });
    expect(await waiting).toBe('closed');
    expect(closed).toBe(false);
    await batches.end();
    await closing;
    expect(await Promise.all(running)).toEqual([10, 20, 30]);
    expect(await outcome(batcher.submit(5))).toBe('closed');
    expect(timers.waitingMs()).toEqual([]);
  });

  it('fills a batch from several flows, and lets a newcomer in before those who have had more', async () => {
    const { batcher, batches } = setUp({ maxQueue: 100 });
    for (let item = 1; item <= 20; item += 1) void batcher.submit(item, 'flood');
    await settle();
    for (const item of [101, 102]) void batcher.submit(item, 'quiet');
    await batches.end();
    expect(batches.started.slice(0, 2)).toEqual([
      [1, 2, 3],
      [101, 4, 5],
    ]);
  });

  it('drops from the flow that has the most waiting, and counts why', async () => {
    const { batcher, batches } = setUp({ maxQueue: 4, maxFlowQueue: 3 });
    void batcher.submit(1, 'flood');
    await settle();
    const quiet = outcome(batcher.submit(50, 'quiet'));
    const flood = [2, 3, 4, 5].map((item) => outcome(batcher.submit(item, 'flood')));
    const third = outcome(batcher.submit(60, 'third'));
    expect(batcher.stats().dropped).toEqual(dropped(1, 1));
    for (let i = 0; i < 3; i += 1) await batches.end();
    expect(await Promise.all([quiet, third])).toEqual([500, 600]);
    expect(await Promise.all(flood)).toEqual(['overloaded', 'overloaded', 40, 50]);
  });

  it('keeps a batch within its cost, each item counted as the dearest, but runs a dearer item alone', async () => {
    const { batcher, batches } = setUp({ maxBatchCost: 10 });
    for (const item of [4, 5, 1, 20]) void batcher.submit(item);
    await settle();
    while (batches.running > 0) await batches.end();
    expect(batches.started).toEqual([[4, 5], [1], [20]]);
  });

  it('runs small batches ahead of each other, and a dear one alone', async () => {
    const { batcher, batches } = setUp({ maxBatch: 1, concurrency: 4, maxRunningCost: 6 });
    for (const item of [2, 3, 4, 9]) void batcher.submit(item);
    await settle();
    expect(batches.started).toEqual([[2], [3]]);
    await batches.end();
    expect(batches.started).toEqual([[2], [3]]);
    await batches.end();
    expect(batches.started).toEqual([[2], [3], [4]]);
    await batches.end();
    expect(batches.started).toEqual([[2], [3], [4], [9]]);
  });

  it('keeps kinds of items in batches of their own, and counts both as the share of their flow', async () => {
    const { batcher, batches } = setUp();
    const other = batcher.open<number, number>({ name: 'other', runBatch: batches.runBatch, costOf: () => 100 });
    void other.submit(7, 'a');
    await settle();
    void batcher.submit(1, 'a');
    void other.submit(8, 'a');
    void other.submit(9, 'b');
    await settle();
    while (batches.running > 0) await batches.end();
    expect(batches.started).toEqual([[7], [9, 8], [1]]);
    expect([batcher.stats().items, other.stats().items]).toEqual([1, 3]);
  });

  it.each([
    ['maxBatchCost', 0],
    ['maxRunningCost', Number.NaN],
    ['maxFlowQueue', 0],
    ['maxBatch', 0],
    ['maxQueue', 1.5],
    ['concurrency', -1],
    ['maxWaitMs', Number.NaN],
  ])('refuses %s = %s', (option, value) => {
    expect(() => setUp({ [option]: value })).toThrow(RangeError);
  });

  it('keeps its bounds, the order and every promise under any schedule', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('submit' as const), count: fc.integer({ min: 1, max: 6 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 8 }) }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('end' as const), fails: fc.boolean() }) },
    );
    const limits = fc.record({
      maxBatch: fc.integer({ min: 1, max: 4 }),
      maxQueue: fc.integer({ min: 1, max: 6 }),
      maxWaitMs: fc.integer({ min: 0, max: 5 }),
      concurrency: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 30 }), async (options, steps) => {
        const { batcher, batches, timers } = setUp(options);
        const outcomes: Promise<number | string>[] = [];
        const checkBounds = () => {
          expect(batches.running).toBeLessThanOrEqual(options.concurrency);
          expect(batcher.stats().queueDepth).toBeLessThanOrEqual(options.maxQueue);
        };
        for (const action of steps) {
          if (action.kind === 'submit') {
            for (let n = 0; n < action.count; n += 1) outcomes.push(outcome(batcher.submit(outcomes.length)));
          } else if (action.kind === 'advance') timers.advance(action.ms);
          else if (batches.running > 0) await batches.end(action.fails ? new Error('failed') : undefined);
          await settle();
          checkBounds();
        }
        timers.advance(options.maxWaitMs);
        await settle();
        while (batches.running > 0) await batches.end();

        const ran = batches.started.flat();
        expect(ran).toEqual([...ran].sort((a, b) => a - b));
        for (const batch of batches.started) expect(batch.length).toBeLessThanOrEqual(options.maxBatch);
        const results = await Promise.all(outcomes);
        for (const [item, result] of results.entries()) {
          expect(result === item * 10 || result === 'failed').toBe(ran.includes(item));
        }
        const overloaded = results.filter((result) => result === 'overloaded').length;
        expect(batcher.stats()).toEqual({
          queueDepth: 0,
          running: 0,
          batches: batches.started.length,
          items: ran.length,
          dropped: dropped(overloaded),
        });
        expect(ran.length + overloaded).toBe(outcomes.length);
      }),
      { numRuns: 150 },
    );
  });
});

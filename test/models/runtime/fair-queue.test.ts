import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FairQueue } from '../../../models/runtime/fair-queue.ts';

interface Item {
  readonly flow: string;
  readonly number: number;
  readonly cost: number;
  readonly size: number;
}

const FLOWS = ['a', 'b', 'c', 'd'];
const flow = fc.constantFrom(...FLOWS);
const cost = fc.integer({ min: 1, max: 50 });
const push = fc.record({
  kind: fc.constant('push' as const),
  flow,
  cost,
  size: fc.integer({ min: 0, max: 4 }),
});
const take = fc.record({ kind: fc.constant('take' as const) });
const charge = fc.record({ kind: fc.constant('charge' as const), flow, cost });
const bounds = fc.record({ maxSize: fc.integer({ min: 1, max: 20 }), maxFlowSize: fc.integer({ min: 1, max: 20 }) });

describe('FairQueue', () => {
  it('serves a newcomer next, however much another flow has waiting', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    for (let i = 0; i < 50; i += 1) queue.push('flood', `flood ${i}`, 50);
    queue.take();
    queue.take();
    queue.push('quiet', 'quiet', 10);
    expect(queue.take()).toBe('quiet');
    expect(queue.take()).toBe('flood 2');
  });

  it('counts costs, not items', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    for (let i = 0; i < 10; i += 1) {
      queue.push('dear', 'dear', 30);
      queue.push('cheap', 'cheap', 10);
    }
    const taken = Array.from({ length: 8 }, () => queue.take());
    expect(taken.filter((item) => item === 'dear')).toHaveLength(2);
  });

  it('charges afterwards what an item turned out to cost', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    queue.push('a', 'a1', 1);
    queue.take();
    queue.charge('a', 10);
    queue.push('a', 'a2', 1);
    for (let i = 0; i < 5; i += 1) queue.push('b', 'b', 3);
    expect(Array.from({ length: 6 }, () => queue.take())).toEqual(['b', 'b', 'a2', 'b', 'b', 'b']);
  });

  it('does not let ever new flows starve one that waits', () => {
    const queue = new FairQueue<string>({ maxSize: 1000 });
    queue.push('steady', 'first', 10);
    queue.take();
    queue.push('steady', 'second', 10);
    let newcomers = 0;
    for (; newcomers < 100; newcomers += 1) {
      queue.push(`new ${newcomers}`, 'newcomer', 10);
      if (queue.take() === 'second') break;
    }
    expect(newcomers).toBeLessThan(5);
  });

  it('gives no credit for having been idle', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    for (let i = 0; i < 40; i += 1) queue.push('busy', 'busy', 10);
    for (let i = 0; i < 20; i += 1) queue.take();
    for (let i = 0; i < 20; i += 1) queue.push('late', 'late', 10);
    const next = Array.from({ length: 10 }, () => queue.take());
    expect(next.filter((item) => item === 'late').length).toBeLessThanOrEqual(6);
  });

  it('takes only what is accepted, from the flow that has had the least', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    queue.push('a', 'a text');
    queue.push('a', 'a face');
    queue.push('b', 'b face');
    expect(queue.take((item) => item.endsWith('face'))).toBe('a face');
    expect(queue.take((item) => item.endsWith('face'))).toBe('b face');
    expect(queue.take((item) => item.endsWith('face'))).toBeUndefined();
    expect(queue.take()).toBe('a text');
  });

  it('lets a flow wait as a whole while its oldest item may not be served', () => {
    const queue = new FairQueue<string>({ maxSize: 100 });
    for (const item of ['a held', 'a next']) queue.push('a', item);
    queue.push('b', 'b');
    const accepts = (item: string) => item !== 'a held';
    expect([queue.takeHead(accepts), queue.takeHead(accepts)]).toEqual(['b', undefined]);
    expect([queue.takeHead(() => true), queue.takeHead(accepts)]).toEqual(['a held', 'a next']);
  });

  it('drops the oldest item of the flow that holds the most, and says why', () => {
    const queue = new FairQueue<string>({ maxSize: 4, maxFlowSize: 3 });
    expect(queue.push('quiet', 'quiet')).toEqual([]);
    for (const item of ['1', '2', '3']) queue.push('flood', item);
    expect(queue.push('flood', '4')).toEqual([{ item: '1', reason: 'flow-full' }]);
    expect(queue.push('third', 'third')).toEqual([{ item: '2', reason: 'queue-full' }]);
    expect(queue.sizeOf('quiet')).toBe(1);
  });

  it('refuses an item that no bound allows, and drops nothing else for it', () => {
    const queue = new FairQueue<string>({ maxSize: 10, maxFlowSize: 5 });
    queue.push('a', 'small');
    expect(queue.push('a', 'large', 1, 6)).toEqual([{ item: 'large', reason: 'flow-full' }]);
    expect(queue.length).toBe(1);
  });

  it.each([
    [0, 1],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1, -1],
  ])('refuses a cost of %s and a size of %s', (itemCost, size) => {
    expect(() => new FairQueue<string>({ maxSize: 1 }).push('a', 'item', itemCost, size)).toThrow(RangeError);
  });

  it.each([{ maxSize: 0 }, { maxSize: 1, maxFlowSize: Number.NaN }])('refuses the bounds %o', (options) => {
    expect(() => new FairQueue(options)).toThrow(RangeError);
  });

  it('loses and doubles nothing, keeps each flow in order and holds its bounds under any schedule', () => {
    fc.assert(
      fc.property(bounds, fc.array(fc.oneof(push, take, charge), { maxLength: 200 }), (options, steps) => {
        const queue = new FairQueue<Item>(options);
        const pushed: Item[] = [];
        const taken: Item[] = [];
        const dropped: Item[] = [];
        for (const step of steps) {
          if (step.kind === 'push') {
            const item = { ...step, number: pushed.length };
            pushed.push(item);
            for (const drop of queue.push(step.flow, item, step.cost, step.size)) dropped.push(drop.item);
          } else if (step.kind === 'charge') {
            queue.charge(step.flow, step.cost);
          } else {
            const item = queue.take();
            if (item === undefined) expect(queue.length).toBe(0);
            else taken.push(item);
          }
          expect(queue.size).toBeLessThanOrEqual(options.maxSize);
          for (const name of FLOWS) expect(queue.sizeOf(name)).toBeLessThanOrEqual(options.maxFlowSize);
        }
        for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
        expect([...taken, ...dropped].map(({ number }) => number).sort((a, b) => a - b)).toEqual(
          pushed.map(({ number }) => number),
        );
        for (const name of FLOWS) {
          const own = taken.filter((item) => item.flow === name).map(({ number }) => number);
          expect(own).toEqual([...own].sort((a, b) => a - b));
        }
        expect(queue).toMatchObject({ length: 0, size: 0, flowCount: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it('keeps flows that both wait within one item of each, whatever their items cost', () => {
    const costs = fc.array(cost, { minLength: 20, maxLength: 40 });
    fc.assert(
      fc.property(costs, costs, fc.integer({ min: 0, max: 15 }), (one, other, head) => {
        const queue = new FairQueue<Item>({ maxSize: 1000 });
        const add = (name: string, all: readonly number[]) => {
          for (const [number, itemCost] of all.entries()) {
            queue.push(name, { flow: name, number, cost: itemCost, size: 1 }, itemCost);
          }
        };
        add('a', one);
        // One flow may have been served alone before the other came.
        for (let i = 0; i < head; i += 1) queue.take();
        add('b', other);
        const had: Record<string, number> = { a: 0, b: 0 };
        while (queue.sizeOf('a') > 0 && queue.sizeOf('b') > 0) {
          const item = queue.take()!;
          had[item.flow]! += item.cost;
          expect(Math.abs(had.a! - had.b!)).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('starves no flow: each waiting item is served after a bounded amount of others’ work', () => {
    fc.assert(
      fc.property(
        fc.array(push, { maxLength: 60 }),
        fc.array(cost, { minLength: 300, maxLength: 300 }),
        (before, rest) => {
          const queue = new FairQueue<Item>({ maxSize: 10_000 });
          for (const [number, step] of before.entries()) {
            queue.push(step.flow, { ...step, number }, step.cost);
          }
          queue.push('quiet', { flow: 'quiet', number: 0, cost: 1, size: 1 }, 1);
          // The others go on sending while the quiet one waits.
          let others = 0;
          for (const [index, itemCost] of rest.entries()) {
            const name = FLOWS[index % FLOWS.length]!;
            queue.push(name, { flow: name, number: 1000 + index, cost: itemCost, size: 1 }, itemCost);
            const item = queue.take()!;
            if (item.flow === 'quiet') return;
            others += item.cost;
            expect(others).toBeLessThanOrEqual(FLOWS.length * 50);
          }
          throw new Error('the quiet flow was never served');
        },
      ),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { ThreadTurns, type ThreadTurnsOptions } from '../../../server/sessions/thread-turns.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

function setUp(options: Partial<ThreadTurnsOptions> = {}) {
  const clock = new ManualClock();
  const turns = new ThreadTurns({ clock, ...options });
  const done: string[] = [];
  const dropped: string[] = [];
  const push = (flow: string, name: string, { ms = 0, bytes = 0, isHeld = (): boolean => false } = {}) => {
    turns.push(
      {
        flow,
        run() {
          done.push(name);
          clock.scheduler.frame += ms;
        },
        isHeld,
        drop: (reason) => dropped.push(`${name} ${reason}`),
      },
      bytes,
    );
  };
  return { clock, turns, done, dropped, push };
}

describe('ThreadTurns', () => {
  it('lets work be done at once until it has taken its share of the thread, then again after a while', () => {
    const { clock, turns } = setUp();
    expect(turns.isFree('a')).toBe(true);
    turns.charge('a', 8);
    expect([turns.isFree('a'), turns.isFree('b')]).toEqual([false, false]);
    clock.advance(16);
    expect(turns.isFree('a')).toBe(true);
  });

  it('does nothing of a flow ahead of what waits of it', () => {
    const { clock, turns, done, push } = setUp();
    push('a', 'first');
    expect([turns.isFree('a'), turns.isFree('b')]).toEqual([false, true]);
    clock.advance(0);
    expect(done).toEqual(['first']);
    expect(turns.isFree('a')).toBe(true);
  });

  it('works off a burst in slices, and lets a newcomer go first in the next one', () => {
    const { clock, done, push } = setUp();
    for (let i = 0; i < 20; i += 1) push('burst', `burst ${i}`, { ms: 3 });
    clock.advance(8);
    expect(done).toEqual(['burst 0', 'burst 1', 'burst 2', 'burst 3']);
    push('quiet', 'quiet', { ms: 3 });
    clock.advance(8);
    expect(done.slice(4, 6)).toEqual(['quiet', 'burst 4']);
    for (let i = 0; i < 20; i += 1) clock.advance(8);
    expect(done).toHaveLength(21);
  });

  it('shares the time by what the work took, not by how much of it there is', () => {
    const { clock, done, push } = setUp();
    for (let i = 0; i < 60; i += 1) {
      push('dear', 'dear', { ms: 6 });
      push('cheap', 'cheap', { ms: 1 });
    }
    for (let i = 0; i < 8; i += 1) clock.advance(8);
    const count = (name: string) => done.filter((each) => each === name).length;
    expect(count('cheap')).toBeGreaterThanOrEqual(4 * count('dear'));
  });

  it('lets a flow wait as a whole while its first work is held, and the others not at all', () => {
    const { clock, done, push } = setUp();
    let isHeld = true;
    push('ahead', 'held', { isHeld: () => isHeld });
    push('ahead', 'behind it');
    push('quiet', 'quiet');
    clock.advance(100);
    expect(done).toEqual(['quiet']);
    isHeld = false;
    clock.advance(100);
    expect(done).toEqual(['quiet', 'held', 'behind it']);
  });

  it('drops the oldest work of the flow that holds the most bytes, and says why', () => {
    const { turns, dropped, push } = setUp({ maxBytes: 4000, maxFlowBytes: 3000 });
    push('quiet', 'quiet', { bytes: 500 });
    for (let i = 0; i < 3; i += 1) push('burst', `burst ${i}`, { bytes: 1000 });
    push('third', 'third', { bytes: 1000 });
    expect(dropped).toEqual(['burst 0 flow-full', 'burst 1 queue-full']);
    expect(turns.waitingBytes).toBeLessThanOrEqual(4000);
  });

  it('tells who uses the thread more than the others, of the last seconds only', () => {
    const { clock, turns } = setUp();
    expect(turns.isHeavy('alone')).toBe(true);
    turns.charge('flood', 500);
    turns.charge('quiet', 5);
    expect(['flood', 'quiet', 'newcomer'].map((flow) => turns.isHeavy(flow))).toEqual([true, false, false]);
    clock.advance(2500);
    turns.charge('quiet', 5);
    clock.advance(1000);
    expect(['flood', 'quiet'].map((flow) => turns.isHeavy(flow))).toEqual([false, true]);
  });
});

import { VirtualTimeScheduler } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { StallWatch } from '../../../pipeline/sync/stall-watch.ts';

function setUp(stallMs = 100) {
  const scheduler = new VirtualTimeScheduler();
  const stalled: [string, number][] = [];
  const watch = new StallWatch<string>(scheduler, stallMs, (key) => stalled.push([key, scheduler.now()]));
  const at = (ms: number, act: () => void) => scheduler.schedule(act, ms);
  return { scheduler, stalled, watch, at };
}

describe('StallWatch', () => {
  it('tells of each silence once, when it has lasted', () => {
    const { scheduler, stalled, watch, at } = setUp();
    at(0, () => watch.arrived('a'));
    at(30, () => watch.arrived('b'));
    at(60, () => watch.arrived('a'));
    scheduler.flush();
    expect(stalled).toEqual([
      ['b', 130],
      ['a', 160],
    ]);
  });

  it('watches a key again that comes back', () => {
    const { scheduler, stalled, watch, at } = setUp();
    at(0, () => watch.arrived('a'));
    at(500, () => watch.arrived('a'));
    scheduler.flush();
    expect(stalled).toEqual([
      ['a', 100],
      ['a', 600],
    ]);
  });

  it('is silent about what it was told to forget', () => {
    const { scheduler, stalled, watch, at } = setUp();
    at(0, () => watch.arrived('a'));
    at(0, () => watch.arrived('b'));
    at(50, () => watch.forget('a'));
    at(60, () => watch.stop());
    scheduler.flush();
    expect(stalled).toEqual([]);
  });

  it('keeps no timer for an endless patience', () => {
    const { scheduler, watch } = setUp(Number.POSITIVE_INFINITY);
    watch.arrived('a');
    expect(scheduler.actions).toEqual([]);
  });
});

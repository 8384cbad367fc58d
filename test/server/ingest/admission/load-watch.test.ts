import { describe, expect, it } from 'vitest';
import { LoadProjection } from '../../../../server/ingest/admission/load-projection.ts';
import { LoadWatch } from '../../../../server/ingest/admission/load-watch.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  let blockedMs = 0;
  const late = { now: () => clock.now() + blockedMs, scheduler: clock.scheduler };
  const load = new LoadWatch({ clock: late, maxLagMs: 200 });
  load.start();
  /** The thread is busy: time goes on, timers do not. */
  const block = (ms: number) => {
    blockedMs += ms;
  };
  return { clock, load, block };
}

describe('the watch over the load', () => {
  it('refuses no call while the thread is in time', () => {
    const { clock, load, block } = setUp();
    for (let i = 0; i < 100; i += 1) {
      clock.advance(50);
      block(150);
      expect(load.isFull).toBe(false);
    }
  });

  it('refuses calls as soon as the thread is too late, and for a second after it is in time again', () => {
    const { clock, load, block } = setUp();
    block(251);
    expect([load.isFull, load.isBehind]).toEqual([true, false]);
    clock.advance(50);
    expect(load.isFull).toBe(true);
    clock.advance(999);
    expect(load.isFull).toBe(true);
    clock.advance(1);
    expect(load.isFull).toBe(false);
  });

  it('refuses calls while the analysis of a new one would be late', () => {
    const clock = new ManualClock();
    let analysisLagMs = 200;
    const load = new LoadWatch({ clock, maxLagMs: 200, analysisLagMs: () => analysisLagMs });
    load.start();
    expect(load.isFull).toBe(false);
    analysisLagMs = 201;
    expect([load.isFull, load.isBehind]).toEqual([true, false]);
    clock.advance(50);
    analysisLagMs = 0;
    expect(load.isFull).toBe(true);
    clock.advance(1000);
    expect(load.isFull).toBe(false);
  });

  it('refuses calls beyond those that fit, at once and only as long as those are live', () => {
    const clock = new ManualClock();
    let liveCalls = 9;
    const resources = [{ usedMs: () => 0, cores: 1, assumedMs: 100 }];
    const projection = new LoadProjection({ clock, resources, liveCalls: () => liveCalls, maxLoad: 1 });
    const load = new LoadWatch({ clock, maxLagMs: 200, projection });
    load.start();
    expect(load.isFull).toBe(false);
    liveCalls = 10;
    expect([load.isFull, load.isBehind]).toEqual([true, false]);
    liveCalls = 9;
    expect(load.isFull).toBe(false);
  });

  it('drops media when the thread is a second late', () => {
    const { load, block } = setUp();
    block(1050);
    expect(load.isBehind).toBe(false);
    block(1);
    expect(load.isBehind).toBe(true);
  });

  it('remembers for at least 15 s how long a request may have waited, and for at most 30 s', () => {
    const { clock, load, block } = setUp();
    expect(load.longestLagMs).toBe(0);
    block(12_050);
    expect(load.longestLagMs).toBe(12_000);
    clock.advance(15_000);
    expect(load.longestLagMs).toBe(12_050);
    clock.advance(16_000);
    expect(load.longestLagMs).toBe(0);
  });

  it('is quiet once it is stopped', () => {
    const { clock, load } = setUp();
    load.stop();
    clock.advance(10_000);
    expect([load.isFull, load.isBehind, load.longestLagMs]).toEqual([false, false, 0]);
  });
});

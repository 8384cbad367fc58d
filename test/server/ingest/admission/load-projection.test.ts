import { describe, expect, it } from 'vitest';
import { LoadProjection } from '../../../../server/ingest/admission/load-projection.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

const TICK_MS = 50;

/** A machine on which each call uses `costMs` of the cores per second, from one second after it was opened. */
function machineOf({ cores = 2, maxLoad = 0.85 } = {}) {
  const clock = new ManualClock();
  const machine = { costMs: 60, otherMs: 0, openedMs: [] as number[], usedMs: 0 };
  const projection = new LoadProjection({
    clock,
    maxLoad,
    liveCalls: () => machine.openedMs.length,
    resources: [{ usedMs: () => machine.usedMs, cores, assumedMs: 60 }],
  });
  const run = (ms: number) => {
    for (let at = 0; at < ms; at += TICK_MS) {
      clock.advance(TICK_MS);
      const running = machine.openedMs.filter((openedMs) => clock.now() - openedMs > 1000).length;
      const wantedMs = running * machine.costMs + machine.otherMs;
      machine.usedMs += (Math.min(wantedMs, 1000 * cores) * TICK_MS) / 1000;
      projection.tick();
    }
  };
  /** Opens up to `calls` calls at once. Returns how many were admitted. */
  const ask = (calls: number) => {
    let admitted = 0;
    while (admitted < calls && !projection.isFull) {
      machine.openedMs.push(clock.now());
      admitted += 1;
    }
    return admitted;
  };
  return { machine, projection, run, ask, live: () => machine.openedMs.length };
}

describe('the projection of the load', () => {
  it('admits as many calls at once as are assumed to fit, at the very moment of asking', () => {
    const { ask, run } = machineOf();
    expect(ask(400)).toBe(28);
    expect(ask(400)).toBe(0);
    run(1000);
    expect(ask(400)).toBe(0);
  });

  it('admits more on more cores, and by the share that calls may use', () => {
    expect(machineOf({ cores: 64 }).ask(2000)).toBe(906);
    expect(machineOf({ maxLoad: 0.5 }).ask(400)).toBe(16);
  });

  it('always admits one call', () => {
    expect(machineOf({ maxLoad: 0.01 }).ask(400)).toBe(1);
  });

  it.each([15, 30, 60])('carries as many calls as fit within seconds when each uses %i ms', (costMs) => {
    const { machine, run, ask, live } = machineOf();
    machine.costMs = costMs;
    for (let second = 0; second < 60; second += 1) {
      ask(400);
      run(1000);
    }
    expect(live()).toBeGreaterThanOrEqual(Math.floor(1700 / costMs) - 1);
    expect(live()).toBeLessThanOrEqual(Math.floor(1700 / costMs));
  });

  it('never admits more than twice as many calls as it has measured, unless so many are assumed to fit', () => {
    const { machine, run, ask, live } = machineOf();
    machine.costMs = 1;
    for (let second = 0; second < 20; second += 1) {
      const before = live();
      ask(400);
      expect(live()).toBeLessThanOrEqual(Math.max(28, 2 * before));
      run(1000);
    }
    expect(live()).toBeGreaterThan(400);
  });

  it('refuses earlier where calls use more than was assumed', () => {
    const { machine, run, ask, live } = machineOf();
    machine.costMs = 120;
    ask(8);
    run(60_000);
    ask(400);
    expect(live()).toBe(14);
  });

  it('counts a heavy neighbour as no more than a few calls, so that it locks nobody out', () => {
    const { machine, run, ask } = machineOf();
    machine.otherMs = 2000;
    ask(1);
    run(600_000);
    expect(ask(400)).toBeGreaterThanOrEqual(8);
    machine.otherMs = 0;
    run(60_000);
    expect(ask(400)).toBeGreaterThanOrEqual(10);
  });

  it('admits calls in the place of those that ended, at once', () => {
    const { machine, run, ask } = machineOf();
    ask(400);
    run(10_000);
    expect(ask(400)).toBe(0);
    machine.openedMs.length -= 7;
    expect(ask(400)).toBe(7);
  });

  it('admits calls on an idle machine, whatever it did before', () => {
    const { machine, run, ask } = machineOf();
    machine.costMs = 500;
    ask(400);
    run(60_000);
    machine.openedMs.length = 0;
    run(60_000);
    expect(ask(400)).toBeGreaterThanOrEqual(9);
  });

  it('learns nothing from calls that have just been opened', () => {
    const { machine, run, ask, projection } = machineOf();
    machine.costMs = 60;
    ask(20);
    run(1900);
    expect(projection.maxCalls).toBe(28);
  });

  it('is full where any of its resources is', () => {
    const clock = new ManualClock();
    const resource = { usedMs: () => 0, cores: 64, assumedMs: 60 };
    const options = { clock, liveCalls: () => 0, maxLoad: 0.85 };
    const mainThread = { usedMs: () => 0, cores: 1, assumedMs: 12 };
    expect(new LoadProjection({ ...options, resources: [resource] }).maxCalls).toBe(906);
    expect(new LoadProjection({ ...options, resources: [resource, mainThread] }).maxCalls).toBe(70);
  });
});

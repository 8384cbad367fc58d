import { beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '../../../server/byte-units.ts';
import { MemoryBudget, type ProcessMemory } from '../../../server/memory/memory-budget.ts';
import { defaultBudgetBytes } from '../../../server/memory/memory-limit.ts';
import type { SessionMemory } from '../../../server/memory/session-memory.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

let clock: ManualClock;
let steps: string[];
let usage: { residentBytes: number; heapBytes: number; heapLimitBytes: number };

beforeEach(() => {
  clock = new ManualClock();
  steps = [];
  usage = { residentBytes: 400 * MIB, heapBytes: 0, heapLimitBytes: 4000 * MIB };
});

/** A budget of 600 MiB over an idle server of 400: sessions may hold 100 MiB by their own count. */
function startBudget(others?: { waiting: () => number; sockets: () => number }) {
  const budget = new MemoryBudget({
    clock,
    budgetBytes: 600 * MIB,
    readProcess: (): ProcessMemory => usage,
    ...(others && { others }),
    onStep: (step, reason, amount, sessionId) => {
      if (step === 'trimmed') steps.push(`trimmed ${reason} ${Math.round(amount / MIB)}`);
      else steps.push(`${step} ${reason}${sessionId === undefined ? '' : ` ${sessionId}`}`);
    },
  });
  budget.start();
  return budget;
}

/** A session whose pictures halve when it is asked to let go. */
class FakeSession {
  state: 'live' | 'ended' = 'live';
  readonly id: string;
  readonly memory: SessionMemory;
  readonly events = { trim: (maxBytes: number) => this.#trimEvents(maxBytes) };

  constructor(budget: MemoryBudget, id: string) {
    this.id = id;
    this.memory = budget.open(this);
  }

  hold(mib: number, kind: 'pictures' | 'audio' | 'events' = 'pictures'): this {
    this.memory.hold(kind, mib * MIB);
    return this;
  }

  letsGo(): this {
    this.memory.onTrim(() => this.memory.hold('pictures', -this.memory.of('pictures') / 2));
    return this;
  }

  abort(): void {
    this.state = 'ended';
    this.memory.endAnalysis();
  }

  #trimEvents(maxBytes: number): void {
    this.memory.hold('events', Math.min(0, maxBytes - this.memory.of('events')));
  }
}

describe('the memory of a server', () => {
  it('is left alone while there is enough', () => {
    const budget = startBudget();
    const session = new FakeSession(budget, 'a').letsGo().hold(50);
    clock.advance(60_000);
    expect(steps).toEqual([]);
    expect(session.memory.isRefused).toBe(false);
    expect(budget.isRefusing).toBe(false);
    expect(budget.held('pictures')).toBe(50 * MIB);
  });

  it('gets room by old pictures of the largest first', () => {
    const budget = startBudget();
    const large = new FakeSession(budget, 'large').letsGo().hold(60);
    const small = new FakeSession(budget, 'small').letsGo().hold(10);
    clock.advance(1000);
    expect(steps).toEqual(['trimmed held 30']);
    expect([large.memory.total, small.memory.total]).toEqual([30 * MIB, 10 * MIB]);
  });

  it('is not taken by the largest any more when it is short; a small session goes on', () => {
    const budget = startBudget();
    const large = new FakeSession(budget, 'large').hold(70);
    const middle = new FakeSession(budget, 'middle').hold(12);
    expect(budget.isRefusing).toBe(true);
    expect([large.memory.isRefused, middle.memory.isRefused]).toEqual([true, false]);
    large.hold(-50);
    clock.advance(250);
    expect(budget.isRefusing).toBe(false);
    expect(large.memory.isRefused).toBe(false);
    expect(steps).toEqual(['refused held']);
  });

  it('is refused to all of equal size', () => {
    const budget = startBudget();
    const sessions = ['a', 'b', 'c', 'd'].map((id) => new FakeSession(budget, id).hold(21));
    expect(sessions.map(({ memory }) => memory.isRefused)).toEqual([true, true, true, true]);
  });

  it('gets room by closing the largest session last, one at a time', () => {
    const budget = startBudget();
    const [large, larger] = [new FakeSession(budget, 'large').hold(60), new FakeSession(budget, 'larger').hold(61)];
    clock.advance(1);
    expect([large.state, larger.state]).toEqual(['live', 'ended']);
    clock.advance(1000);
    expect(large.state).toBe('live');
    expect(steps).toEqual(['refused held', 'closed held larger']);
  });

  it('gets room by closing where refusing alone has not helped for ten seconds', () => {
    const budget = startBudget();
    const stuck = new FakeSession(budget, 'stuck').hold(85, 'audio');
    clock.advance(9000);
    expect(stuck.state).toBe('live');
    clock.advance(2000);
    expect(stuck.state).toBe('ended');
    clock.advance(300);
    expect(budget.isRefusing).toBe(false);
  });

  it('counts what waits and what sockets hold, but closes no small session for it', () => {
    const budget = startBudget({ waiting: () => 50 * MIB, sockets: () => 60 * MIB });
    const small = new FakeSession(budget, 'small').hold(1);
    clock.advance(60_000);
    expect(budget.isRefusing).toBe(true);
    expect(small.state).toBe('live');
    expect(small.memory.isRefused).toBe(false);
  });

  it('has a share for events: logs of ended sessions are cut first, the largest first', () => {
    const budget = startBudget();
    const live = new FakeSession(budget, 'live').hold(10, 'events');
    const [ended, longer] = [
      new FakeSession(budget, 'ended').hold(8, 'events'),
      new FakeSession(budget, 'longer').hold(9, 'events'),
    ];
    for (const session of [ended, longer]) session.abort();
    clock.advance(250);
    expect(budget.held('events')).toBeLessThanOrEqual(25 * MIB);
    expect(live.memory.of('events')).toBe(10 * MIB);
    expect(longer.memory.of('events')).toBe(4.5 * MIB);
    budget.close(longer.memory);
    expect(longer.memory.total).toBe(0);
  });

  it('is short when the process grows near its budget, whoever holds it; a plateau is none', () => {
    const budget = startBudget();
    const session = new FakeSession(budget, 'a').hold(20);
    usage.residentBytes = 560 * MIB;
    clock.advance(250);
    expect(budget.isRefusing).toBe(true);
    expect(session.memory.isRefused).toBe(true);
    clock.advance(6000);
    expect(budget.isRefusing).toBe(false);
    usage.residentBytes = 610 * MIB;
    clock.advance(250);
    expect(session.state).toBe('ended');
    expect(steps).toEqual(['refused process', 'refused process', 'closed process a']);
  });

  it('is short when the heap is nearly full', () => {
    const budget = startBudget();
    usage.heapBytes = 3500 * MIB;
    clock.advance(250);
    expect(budget.isRefusing).toBe(true);
    expect(steps).toEqual(['refused heap']);
  });

  it('forgets what a session held, whatever its analysis tells afterwards', () => {
    const budget = startBudget();
    const session = new FakeSession(budget, 'a').hold(20).hold(3, 'events');
    session.abort();
    session.hold(-20);
    expect(budget.held('pictures')).toBe(0);
    expect(budget.held('events')).toBe(3 * MIB);
    budget.close(session.memory);
    budget.close(session.memory);
    expect(budget.held('events')).toBe(0);
  });
});

describe('the budget by default', () => {
  it('is a share of the container where it has a limit, else of the machine', () => {
    expect(defaultBudgetBytes(1000, 400)).toBe(300);
    for (const noLimit of [0, 2 ** 64, 1000]) expect(defaultBudgetBytes(1000, noLimit)).toBe(500);
  });
});

import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { UpgradeTurns } from '../../../server/http/upgrade-turns.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

function setUp() {
  const clock = new ManualClock();
  const turns = new UpgradeTurns(clock);
  const handled: number[] = [];
  const push = (count: number) => {
    for (let i = 0; i < count; i += 1) turns.push(() => handled.push(i));
  };
  return { clock, turns, handled, push };
}

it('handles upgrades in their order, a few per turn of the event loop, so that others have their turns between', async () => {
  const { handled, push } = setUp();
  push(100);
  expect(handled).toEqual([]);
  const perTurn: number[] = [];
  while (handled.length < 100) {
    const before = handled.length;
    await turn();
    perTurn.push(handled.length - before);
  }
  expect(Math.max(...perTurn)).toBe(8);
  expect(handled).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

it('lets connections that keep coming go first, for a tenth of a second', async () => {
  const { clock, turns, handled, push } = setUp();
  push(1);
  for (let i = 0; i < 50; i += 1) {
    turns.connected();
    await turn();
  }
  expect(handled).toEqual([]);
  clock.advance(100);
  turns.connected();
  await turn();
  expect(handled).toEqual([0]);
});

it('handles upgrades in the first turn without a new connection', async () => {
  const { turns, handled, push } = setUp();
  push(2);
  turns.connected();
  await turn();
  expect(handled).toEqual([]);
  await turn();
  expect(handled).toEqual([0, 1]);
  push(1);
  await turn();
  expect(handled).toEqual([0, 1, 0]);
});

it('handles an upgrade that comes while another is handled', async () => {
  const { turns, handled } = setUp();
  turns.push(() => turns.push(() => handled.push(2)));
  await turn();
  await turn();
  await turn();
  expect(handled).toEqual([2]);
});

import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { WrongCredentials } from '../../../server/access/wrong-credentials.ts';
import { ManualClock } from '../../support/server/manual-clock.ts';

let clock: ManualClock;
let lines: { readonly address?: string; readonly wrong: number; readonly heldBack: number }[];
let refused: string[];
let wrong: WrongCredentials;

beforeEach(() => {
  clock = new ManualClock();
  lines = [];
  refused = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  wrong = new WrongCredentials({ clock, log, onRefused: (way, reason) => refused.push(`${way} ${reason}`) });
});

/** Guesses as often as it is let; how often that was. */
function guess(address: string, times: number): number {
  let looked = 0;
  for (let i = 0; i < times; i += 1) {
    const credential = `guess ${clock.now()} ${i}`;
    if (!wrong.allows(address, credential, 'http')) continue;
    looked += 1;
    wrong.wrong(address, credential, 'http');
  }
  return looked;
}

describe('wrong credentials of an address', () => {
  it('are looked at a few times at once, and then once per second', () => {
    expect(guess('192.0.2.1', 1000)).toBe(10);
    clock.advance(3000);
    expect(guess('192.0.2.1', 1000)).toBe(3);
    expect(guess('192.0.2.2', 1000)).toBe(10);
  });

  it('keep out none that was right before, and hold back one that is new', () => {
    expect(wrong.allows('192.0.2.1', 'known', 'http')).toBe(true);
    wrong.right('192.0.2.1', 'known');
    guess('192.0.2.1', 100);
    expect(wrong.allows('192.0.2.1', 'known', 'http')).toBe(true);
    expect(wrong.allows('192.0.2.1', 'new', 'http')).toBe(false);
    expect(wrong.allows('192.0.2.2', 'new', 'http')).toBe(true);
    clock.advance(2000);
    expect(wrong.allows('192.0.2.1', 'new', 'http')).toBe(true);
  });

  it('cost nothing when they turn out right', () => {
    for (let i = 0; i < 1000; i += 1) {
      expect(wrong.allows('192.0.2.1', `token ${i}`, 'http')).toBe(true);
      wrong.right('192.0.2.1', `token ${i}`);
    }
  });

  it('forget one that was right and is no more', () => {
    expect(wrong.allows('192.0.2.1', 'expiring', 'http')).toBe(true);
    wrong.right('192.0.2.1', 'expiring');
    guess('192.0.2.1', 100);
    expect(wrong.allows('192.0.2.1', 'expiring', 'http')).toBe(true);
    wrong.wrong('192.0.2.1', 'expiring', 'http');
    expect(wrong.allows('192.0.2.1', 'expiring', 'http')).toBe(false);
  });

  it('are counted, and logged in one line per minute without their value', () => {
    guess('192.0.2.1', 100);
    expect(refused.filter((what) => what === 'http wrong')).toHaveLength(10);
    expect(refused.filter((what) => what === 'http held-back')).toHaveLength(90);
    expect(lines).toHaveLength(1);
    clock.advance(60_000);
    expect(lines).toHaveLength(2);
    expect(lines.reduce((sum, line) => sum + line.wrong + line.heldBack, 0)).toBe(100);
    expect(lines[0]?.address).toBe('192.0.2.1');
    expect(JSON.stringify(lines)).not.toContain('guess');
    clock.advance(600_000);
    expect(lines).toHaveLength(2);
  });

  it('of more addresses than are remembered take no more room, and no more lines', () => {
    for (let i = 0; i < 12_000; i += 1) guess(`198.51.${i >> 8}.${i & 255}`, 1);
    expect(wrong.size).toBe(10_000);
    clock.advance(60_000);
    expect(lines.length).toBeLessThan(110);
    expect(lines.reduce((sum, line) => sum + line.wrong, 0)).toBe(12_000);
  });

  it('that are missing are no guess', () => {
    for (let i = 0; i < 100; i += 1) wrong.missing('http');
    expect(wrong.allows('192.0.2.1', 'any', 'http')).toBe(true);
    expect(lines).toHaveLength(0);
  });

  it('leave no timer behind', () => {
    guess('192.0.2.1', 20);
    wrong.close();
    const logged = lines.length;
    expect(lines.reduce((sum, line) => sum + line.wrong + line.heldBack, 0)).toBe(20);
    clock.advance(120_000);
    expect(lines).toHaveLength(logged);
  });
});

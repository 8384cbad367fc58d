import { describe, expect, it } from 'vitest';
import { type Grant, grantOfEverything } from '../../../server/access/grant.ts';
import { type ReaderLimit, ReaderLimits } from '../../../server/limits/reader-limits.ts';

const reader = (holder: string): Grant => ({ holder, scopes: new Set(['subscribe']) });
const [x, y, z] = [reader('x'), reader('y'), reader('z')];
const own = grantOfEverything('server-token');

function createLimits() {
  const reached: ReaderLimit[] = [];
  const onLimit = (limit: ReaderLimit) => reached.push(limit);
  return { reached, limits: new ReaderLimits({ maxReaders: 5, maxPerSession: 3, maxPerHolder: 2, onLimit }) };
}

describe('the readers of a server', () => {
  it('are limited per session, per credential, and in all', () => {
    const { limits, reached } = createLimits();
    for (const [sessionId, grant] of [
      ['a', x],
      ['a', x],
      ['a', y],
      ['b', own],
      ['b', own],
    ] as const) {
      expect(limits.admit(sessionId, grant)).not.toBeNull();
    }
    expect(limits.count).toBe(5);
    expect(limits.admit('c', z)).toBeNull();
    expect(reached).toEqual(['readers']);
  });

  it('are not limited per credential where it is the server’s own', () => {
    const { limits, reached } = createLimits();
    for (let i = 0; i < 3; i += 1) expect(limits.admit('a', own)).not.toBeNull();
    expect(limits.admit('a', own)).toBeNull();
    for (const sessionId of ['b', 'c']) expect(limits.admit(sessionId, x)).not.toBeNull();
    expect(reached).toEqual(['session-readers']);
  });

  it('may come again for each that left, which leaves once', () => {
    const { limits, reached } = createLimits();
    const leave = limits.admit('a', x)!;
    limits.admit('b', x);
    expect(limits.admit('c', x)).toBeNull();
    leave();
    leave();
    expect(limits.count).toBe(1);
    expect(limits.admit('c', x)).not.toBeNull();
    expect(limits.admit('d', x)).toBeNull();
    expect(reached).toEqual(['holder-readers', 'holder-readers']);
  });
});

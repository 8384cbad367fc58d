import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_RECONNECT_POLICY,
  reconnectDelayMs,
  resolveReconnectPolicy,
} from '../../../client-sdk/connection/reconnect-policy.ts';

describe('the reconnect policy', () => {
  it('doubles the longest wait with every try, up to the maximum', () => {
    const policy = { initialDelayMs: 100, maxDelayMs: 1000, maxAttempts: 6 };
    const waits = [1, 2, 3, 4, 5, 6].map((attempt) => reconnectDelayMs(attempt, policy, () => 1));
    expect(waits).toEqual([100, 200, 400, 800, 1000, 1000]);
  });

  it('leaves half of a wait to chance', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, chance) => {
        const longest = reconnectDelayMs(attempt, DEFAULT_RECONNECT_POLICY, () => 1) as number;
        const wait = reconnectDelayMs(attempt, DEFAULT_RECONNECT_POLICY, () => chance) as number;
        expect(wait).toBeGreaterThanOrEqual(longest / 2);
        expect(wait).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it('gives up after the last try, or never', () => {
    expect(reconnectDelayMs(11, DEFAULT_RECONNECT_POLICY, () => 0)).toBeNull();
    expect(reconnectDelayMs(1, { ...DEFAULT_RECONNECT_POLICY, maxAttempts: 0 }, () => 0)).toBeNull();
    const tireless = { ...DEFAULT_RECONNECT_POLICY, maxAttempts: Number.POSITIVE_INFINITY };
    expect(reconnectDelayMs(100_000, tireless, () => 1)).toBe(10_000);
  });

  it.each([{ initialDelayMs: 0 }, { maxDelayMs: 1 }, { maxDelayMs: Number.NaN }, { maxAttempts: -1 }])(
    'refuses %j',
    (partial) => {
      expect(() => resolveReconnectPolicy(partial)).toThrow(RangeError);
    },
  );
});

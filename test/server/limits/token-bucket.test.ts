import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../server/limits/token-bucket.ts';

describe('a token bucket', () => {
  it('gives its burst at once and then its rate', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([1, 2, 3, 4].map(() => bucket.take(1, 0))).toEqual([true, true, true, false]);
    expect(bucket.take(1, 50)).toBe(false);
    expect(bucket.take(1, 100)).toBe(true);
    expect(bucket.take(1, 100)).toBe(false);
  });

  it('saves no more than its burst', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect(bucket.take(4, 1e9)).toBe(false);
    expect(bucket.take(3, 1e9)).toBe(true);
  });

  it('makes up for time in which nothing could be taken, also beyond the burst', () => {
    const bucket = new TokenBucket(10, 20, 0);
    bucket.makeUpFor(3000);
    expect([bucket.take(50, 3000), bucket.take(1, 3000)]).toEqual([true, false]);
  });
});

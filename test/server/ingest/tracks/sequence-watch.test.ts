import { describe, expect, it } from 'vitest';
import { SequenceWatch } from '../../../../server/ingest/tracks/sequence-watch.ts';

/** Numbers that arrive every 20 ms. Returns how many are lost in all. */
function lostOf(numbers: readonly number[], jitterMs = 300): number {
  const watch = new SequenceWatch(jitterMs);
  let lost = 0;
  for (const [index, number] of numbers.entries()) lost += watch.lostAt(number, 20 * index);
  return lost + watch.end();
}

const count = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe('the numbers of a source', () => {
  it('that are missing are lost', () => {
    expect(lostOf([...count(1, 10), ...count(13, 20)])).toBe(3);
  });

  it('that come later, within the jitter budget, are not lost', () => {
    const swapped = count(0, 100).flatMap((n) => (n % 5 === 0 ? [n + 4] : n % 5 === 4 ? [n - 4] : [n]));
    expect(lostOf(swapped)).toBe(0);
    expect(lostOf([1, 2, 3, 5, 6, 7, 4, 8])).toBe(0);
  });

  it('that come later than that are lost, once', () => {
    expect(lostOf([1, 3, ...count(4, 40), 2, ...count(40, 50)])).toBe(1);
  });

  it('that begin again are not lost, and are watched again', () => {
    expect(lostOf([...count(1, 200), ...count(1, 50), ...count(52, 60)])).toBe(2);
    expect(lostOf([...count(1, 20), ...count(5_000_000, 5_000_020)])).toBe(0);
  });

  it('that come twice are not lost', () => {
    expect(lostOf(count(1, 100).flatMap((n) => [n, n]))).toBe(0);
  });

  it('are kept in a bounded number', () => {
    expect(lostOf(Array.from({ length: 50 }, (_, i) => 400 * i))).toBe(49 * 399);
  });
});

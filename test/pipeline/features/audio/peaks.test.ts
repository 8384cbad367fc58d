import { describe, expect, it } from 'vitest';
import { contourSlopes } from '../../../../pipeline/features/audio/egemaps/peaks.ts';

/** A contour of straight lines between corners, and its slopes; ten values a second. */
function slopesOf(...corners: readonly (readonly [at: number, value: number])[]) {
  const length = corners.at(-1)![0] + 1;
  const values = Float64Array.from({ length }, (_, t) => {
    const next = Math.max(
      1,
      corners.findIndex(([at]) => at >= t),
    );
    const [[fromAt, from], [toAt, to]] = [corners[next - 1]!, corners[next]!];
    return from + ((to - from) * (t - fromAt)) / (toAt - fromAt);
  });
  return contourSlopes(values, length, 0.1);
}

describe('slopes of a contour', () => {
  it('join its first value, its peaks and valleys, and its last value', () => {
    const { peakCount, meanRising, meanFalling, stddevRising } = slopesOf(
      [0, 0],
      [10, 50],
      [20, 10],
      [40, 50],
      [50, 20],
    );
    expect(peakCount).toBe(2);
    expect(meanRising).toBeCloseTo((50 + 20) / 2);
    expect(stddevRising).toBeCloseTo(15);
    expect(meanFalling).toBeCloseTo((40 - 30) / 2);
  });

  it('leave out what changes by less than a tenth of the range', () => {
    expect(slopesOf([0, 0], [10, 100], [20, 91], [30, 92], [60, 0]).peakCount).toBe(1);
    expect(slopesOf([0, 0], [10, 100], [20, 89], [30, 100], [60, 0]).peakCount).toBe(2);
  });

  // Behind a peak of 50 and a dip that is no valley.
  it.each([
    [45, 52, 10, 'stays where it is under 5 %'],
    [45, 53, 30, 'moves from 5 % on'],
    [42, 52.1, 30, 'moves to a peak of any height that rises by a tenth of the range'],
  ])('after a dip to %d and %d again, the peak lies at %d: it %s', (dip, top, at) => {
    const { meanRising } = slopesOf([0, 0], [10, 50], [20, dip], [30, top], [50, 0], [60, 100], [70, 20], [90, 0]);
    const peak = at === 10 ? 50 : top;
    expect(meanRising).toBeCloseTo((peak / at + 10) / 2 / 0.1);
  });

  it('move a valley to any lower one', () => {
    const { meanFalling } = slopesOf([0, 100], [10, 200], [30, 100], [40, 101], [60, 99], [80, 200]);
    expect(meanFalling).toBeCloseTo(101 / 50 / 0.1);
  });

  it('do not see the last value but one', () => {
    expect(slopesOf([0, 0], [10, 50], [20, 10], [30, 50], [31, 0]).peakCount).toBe(1);
    expect(slopesOf([0, 0], [10, 50], [20, 10], [30, 50], [32, 0]).peakCount).toBe(2);
  });

  it.each([
    ['no value', []],
    ['one value', [3]],
    ['two values', [3, 4]],
    ['a constant', [5, 5, 5, 5, 5]],
  ])('are zero for %s', (_, values) => {
    const slopes = contourSlopes(Float64Array.from(values), values.length, 0.01);
    expect(slopes).toEqual({ peakCount: 0, meanRising: 0, stddevRising: 0, meanFalling: 0, stddevFalling: 0 });
  });
});

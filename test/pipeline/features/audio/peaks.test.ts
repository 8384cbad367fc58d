import { describe, expect, it } from 'vitest';
import { contourSlopes } from '../../../../pipeline/features/audio/egemaps/peaks.ts';

const slopesOf = (values: readonly number[]) => {
  const found = contourSlopes(Float64Array.from(values), values.length, 0.01);
  const { peakCount, meanRising, stddevRising, meanFalling, stddevFalling } = found;
  return { peakCount, slopes: [meanRising, stddevRising, meanFalling, stddevFalling] };
};

describe('slopes of a contour', () => {
  // Values of openSMILE's cFunctionals (Peaks2, relThresh 0.1) for the same contours.
  it.each([
    ['a peak stands beside the start', [20, 21.2, 20.6, 20.9, 21.8, 21.9, 21.2, 20.3, 19.8, 20], 1, [38, 0, -47.5, 0]],
    [
      'the start lies above a valley',
      [19.6, 18.4, 20.1, 19.6, 20, 19.7, 21.3, 22.6, 23.2, 21],
      1,
      [24.1667, 0.5893, 50, 0],
    ],
    [
      'two peaks are about as high',
      [20.5, 20.2, 19.7, 19.4, 21.3, 21.2, 21.4, 19.8, 21.5, 22.4],
      1,
      [160, 21.2132, 43.3333, 6.6667],
    ],
    [
      'a second valley is lower',
      [21.2, 19.9, 18.5, 17.3, 17.1, 16.6, 16.8, 17.6, 16.74, 16.75, 16.7, 17.1, 17, 16, 16.1],
      1,
      [17.5, 22.981, 61, 31],
    ],
    [
      'a second peak is clearly higher',
      [9, 10, 12, 14, 13, 14.2, 13.6, 14.9, 15, 12, 6, 2, 3, 2.5],
      1,
      [50, 17.6777, 433.3333, 0],
    ],
  ])('are openSMILE’s where %s', (_, values, peakCount, expected) => {
    const found = slopesOf(values);
    expect(found.peakCount).toBe(peakCount);
    for (const [i, slope] of expected.entries()) expect(found.slopes[i]).toBeCloseTo(slope, 2);
  });

  it('are zero where nothing stands out', () => {
    expect(slopesOf([])).toEqual({ peakCount: 0, slopes: [0, 0, 0, 0] });
    expect(slopesOf([3, 3, 3, 3, 3, 3])).toEqual({ peakCount: 0, slopes: [0, 0, 0, 0] });
    expect(slopesOf([1, 2, 3, 4, 5, 6])).toEqual({ peakCount: 0, slopes: [0, 0, 0, 0] });
  });
});

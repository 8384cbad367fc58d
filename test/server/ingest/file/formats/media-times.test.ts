import { describe, expect, it } from 'vitest';
import { MediaTimes } from '../../../../../server/ingest/file/formats/media-times.ts';

const placed = (durationS: number, ...times: readonly (number | null)[]): number[] => {
  const track = new MediaTimes(durationS);
  return times.map((timeS) => track.place(timeS, 0.5));
};

describe("a track's times", () => {
  it('are those of the container, with its gaps and its rounding', () => {
    expect(placed(100, 0, 0.499, 1, 40, 40.5)).toEqual([0, 0.499, 1, 40, 40.5]);
  });

  it('follow each other where the container says none', () => {
    expect(placed(100, 3, null, null, 4.5)).toEqual([3, 3.5, 4, 4.5]);
  });

  it('go on where the clock begins again', () => {
    expect(placed(Number.POSITIVE_INFINITY, 10, 10.5, 0, 0.5, 1)).toEqual([10, 10.5, 11, 11.5, 12]);
  });

  it('do not jump beyond the recording', () => {
    expect(placed(20, 10, 10.5, 95_000, 95_000.5)).toEqual([10, 10.5, 11, 11.5]);
  });

  it('are never negative', () => {
    expect(placed(20, -0.3, 0.2)).toEqual([0, 0.2]);
  });
});

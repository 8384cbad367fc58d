import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  estimateSimilarity,
  invert,
  mapX,
  mapY,
  type Similarity,
  scaleOf,
} from '../../../../pipeline/features/video/similarity.ts';

const coordinate = fc.double({ min: -1000, max: 1000, noNaN: true });
const similarity = fc
  .record({
    turn: fc.double({ min: -3, max: 3, noNaN: true }),
    scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
    tx: coordinate,
    ty: coordinate,
  })
  .map(({ turn, scale, tx, ty }): Similarity => ({ a: scale * Math.cos(turn), b: scale * Math.sin(turn), tx, ty }));

function mapped(map: Similarity, points: readonly number[]): number[] {
  return points.map((_, i) => {
    const pair = i - (i % 2);
    return i % 2 === 0 ? mapX(map, points[pair]!, points[pair + 1]!) : mapY(map, points[pair]!, points[pair + 1]!);
  });
}

describe('estimateSimilarity', () => {
  const points = [0, 0, 10, 1, 4, 8, -3, 12];
  const weights = [3, 3, 1, 0.5];

  it('recovers the map that made the points', () => {
    fc.assert(
      fc.property(similarity, (map) => {
        const found = estimateSimilarity(points, mapped(map, points), weights)!;
        for (const key of ['a', 'b', 'tx', 'ty'] as const) expect(found[key]).toBeCloseTo(map[key], 6);
      }),
    );
  });

  it('leaves less weighted error than any map near it', () => {
    const target = [1, 2, 14, 1, 6, 13, -6, 15];
    const error = (map: Similarity) =>
      mapped(map, points).reduce((sum, value, i) => sum + weights[i >> 1]! * (value - target[i]!) ** 2, 0);
    const best = estimateSimilarity(points, target, weights)!;
    for (const key of ['a', 'b', 'tx', 'ty'] as const) {
      for (const step of [-0.01, 0.01]) {
        expect(error({ ...best, [key]: best[key] + step })).toBeGreaterThan(error(best));
      }
    }
  });

  it('finds nothing for points in one spot, or without a number', () => {
    expect(estimateSimilarity([5, 5, 5, 5], [0, 0, 1, 1], [1, 1])).toBeNull();
    expect(estimateSimilarity([0, Number.NaN, 5, 5], [0, 0, 1, 1], [1, 1])).toBeNull();
  });
});

describe('invert', () => {
  it('undoes the map', () => {
    fc.assert(
      fc.property(similarity, coordinate, coordinate, (map, x, y) => {
        const back = invert(map);
        expect(mapX(back, mapX(map, x, y), mapY(map, x, y))).toBeCloseTo(x, 6);
        expect(mapY(back, mapX(map, x, y), mapY(map, x, y))).toBeCloseTo(y, 6);
        expect(scaleOf(back)).toBeCloseTo(1 / scaleOf(map), 9);
      }),
    );
  });

  it('refuses a map without an inverse', () => {
    expect(() => invert({ a: 0, b: 0, tx: 1, ty: 1 })).toThrow(RangeError);
  });
});

import { describe, expect, it } from 'vitest';
import { latencyFigure, valueFigure } from './figure.ts';
import { toMarkdown, toText } from './print-figures.ts';
import { nearestRank } from './statistics.ts';

const oneToTwenty = Array.from({ length: 20 }, (_, index) => 20 - index);

describe('a percentile', () => {
  it('is the value that this share does not exceed, whatever the order', () => {
    expect([0, 0.5, 0.95, 0.951, 1].map((share) => nearestRank(oneToTwenty, share))).toEqual([1, 10, 19, 20, 20]);
    expect(nearestRank([7], 0.95)).toBe(7);
  });

  it('of nothing is no number', () => {
    expect(nearestRank([], 0.5)).toBeNaN();
  });
});

describe('a figure', () => {
  it('keeps its promise up to the last millisecond, and says of how many values it is', () => {
    expect(latencyFigure('x', oneToTwenty, 19)).toEqual({
      name: 'x',
      measured: '10 / 19 ms (20)',
      target: 'p95 ≤ 19 ms',
      isMet: true,
    });
    expect(latencyFigure('x', oneToTwenty, 18).isMet).toBe(false);
  });

  it('keeps no promise when nothing was measured', () => {
    expect(latencyFigure('x', [], 100).isMet).toBe(false);
  });

  it('may be promised to be high or low', () => {
    const times = (value: number) => `${value}×`;
    expect(valueFigure('x', 9, times, { atLeast: 10 })).toMatchObject({ target: '≥ 10×', isMet: false });
    expect(valueFigure('x', 9, times, { atMost: 10 })).toMatchObject({ target: '≤ 10×', isMet: true });
    expect(valueFigure('x', 9, times)).toMatchObject({ target: null, isMet: null });
  });
});

it('prints a table for a terminal and one for a page', () => {
  const figures = [latencyFigure('slow', oneToTwenty, 5), valueFigure('plain', 2, (value) => `${value} calls`)];
  const groups = [{ title: 'One call', figures }];
  expect(toText(groups, 'a machine').split('\n')).toEqual([
    'a machine',
    '',
    '  figure  measured         target',
    '',
    'One call',
    '  slow    10 / 19 ms (20)  p95 ≤ 5 ms  MISSED',
    '  plain   2 calls          –',
    '',
  ]);
  expect(toMarkdown(groups, 'a machine')).toContain('| slow | 10 / 19 ms (20) | p95 ≤ 5 ms | MISSED |\n');
});

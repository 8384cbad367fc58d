import { describe, expect, it } from 'vitest';
import { compareFigures, readFigures } from './compare-figures.ts';
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

describe('figures of two revisions', () => {
  const printed = (latenciesMs: readonly number[], calls: number) =>
    readFigures(
      toMarkdown(
        [
          { title: 'One call', figures: [latencyFigure('slow (95 %)', latenciesMs, 5)] },
          { title: 'Capacity', figures: [valueFigure('calls', calls, (value) => `${value.toFixed(1)} calls`)] },
        ],
        'a machine of 2 cores',
      ),
    );

  it('are read from the table of a page: the values, not the targets and remarks', () => {
    expect(printed(oneToTwenty, 9)).toEqual([
      { group: 'One call', name: 'slow (95 %)', values: [10, 19] },
      { group: 'Capacity', name: 'calls', values: [9] },
    ]);
  });

  it('are compared turn by turn: the median of the ratios counts, not the ratio of the medians', () => {
    const turns = [
      { here: printed([20, 30], 12), there: printed([10, 10], 6) },
      { here: printed([9, 9], 1), there: printed([9, 9], 1) },
      { here: printed([90, 90], 30), there: printed([9, 9], 10) },
    ];
    expect(compareFigures(turns)).toEqual([
      { title: 'One call', figures: [{ name: 'slow (95 %)', measured: '2.00× / 3.00×', target: null, isMet: null }] },
      { title: 'Capacity', figures: [{ name: 'calls', measured: '2.00×', target: null, isMet: null }] },
    ]);
  });

  it('have no ratio where only one side has the figure, or where it was 0', () => {
    const [here, there] = [printed([5, 5], 4), printed([5, 5], 0)];
    const of = (all: typeof there) => compareFigures([{ here, there: all }]).map(({ figures }) => figures[0]!.measured);
    expect(of(there)).toEqual(['1.00× / 1.00×', '–']);
    expect(of([])).toEqual(['– / –', '–']);
  });
});

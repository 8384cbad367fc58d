import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameSampler } from '../../../../pipeline/features/video/frame-sampler.ts';

function taken(timesMs: readonly number[]): number[] {
  const sampler = createFrameSampler();
  return timesMs.filter((timeMs) => sampler.take(timeMs));
}

function regular(rateHz: number, seconds: number, startMs = 0): number[] {
  return Array.from({ length: Math.round(rateHz * seconds) }, (_, i) => startMs + (i * 1000) / rateHz);
}

describe('createFrameSampler', () => {
  it('takes every 5th picture of 30 a second', () => {
    const times = regular(30, 10, 1234.5);
    expect(taken(times)).toEqual(times.filter((_, i) => i % 5 === 0));
  });

  it.each([7, 8, 10, 12, 15, 20, 24, 25, 29.97, 50, 60, 120])('takes six a second of %d', (rateHz) => {
    const count = taken(regular(rateHz, 20)).length;
    expect(count).toBeGreaterThanOrEqual(119);
    expect(count).toBeLessThanOrEqual(121);
  });

  it.each([6, 5, 3, 2, 0.5])('takes every picture of %d a second', (rateHz) => {
    const times = regular(rateHz, 20);
    expect(taken(times)).toEqual(times);
  });

  it('takes six a second, evenly, of 30 a second whose timestamps jitter by 10 ms', () => {
    const times = taken(regular(30, 10).map((timeMs, i) => timeMs + ((i * 7) % 21) - 10));
    expect(Math.abs(times.length - 60)).toBeLessThanOrEqual(1);
    const gapsMs = times.slice(1).map((timeMs, i) => timeMs - times[i]!);
    expect(Math.min(...gapsMs)).toBeGreaterThan(120);
    expect(Math.max(...gapsMs)).toBeLessThan(215);
  });

  it('goes on after a gap', () => {
    const times = [...regular(30, 1), ...regular(30, 1, 60_000)];
    expect(taken(times).length).toBe(12);
  });

  it('refuses a picture that does not come after the last one, or has no time', () => {
    expect(taken([1000, 1000, 500, Number.NaN, Number.POSITIVE_INFINITY, 1200])).toEqual([1000, 1200]);
  });

  it('never takes more than six a second and one, however the pictures come', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.1, max: 400, noNaN: true }), { maxLength: 200 }), (stepsMs) => {
        let timeMs = 0;
        const times = stepsMs.map((stepMs) => {
          timeMs += stepMs;
          return timeMs;
        });
        const spanMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
        expect(taken(times).length).toBeLessThanOrEqual(Math.floor((spanMs + 20) / (1000 / 6)) + 1);
      }),
    );
  });
});

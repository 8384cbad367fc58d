import { describe, expect, it } from 'vitest';
import { ArrivalClock } from '../../../../server/ingest/tracks/arrival-clock.ts';
import { ManualClock } from '../../../support/server/manual-clock.ts';

describe('the clock of what arrives', () => {
  const setUp = () => {
    const clock = new ManualClock();
    clock.advance(12_345);
    return { clock, arrivals: new ArrivalClock(clock) };
  };

  it('counts what comes, early or late', () => {
    const { clock, arrivals } = setUp();
    const starts = [20, 0, 0, 500, 20].map((waitMs) => {
      clock.advance(waitMs);
      return arrivals.place(20);
    });
    expect(starts).toEqual([0, 20, 40, 60, 80].map((startMs) => ({ startMs, resumed: false })));
  });

  it('lets time go by where nothing came for long', () => {
    const { clock, arrivals } = setUp();
    arrivals.place(20);
    clock.advance(5020);
    expect(arrivals.place(20)).toEqual({ startMs: 5020, resumed: true });
    clock.advance(20);
    expect(arrivals.place(20)).toEqual({ startMs: 5040, resumed: false });
  });
});

import { describe, expect, it } from 'vitest';
import { SourceTime } from '../../../../server/ingest/tracks/source-time.ts';

function setUp({ maxLeadMs = 120_000, elapsedMs = 0 } = {}) {
  const call = { elapsedMs };
  const shared = { shiftMs: null };
  const source = () => new SourceTime({ elapsedMs: () => call.elapsedMs, maxLeadMs, shared });
  return { call, source };
}

describe('the time of a source', () => {
  it('is the session’s where it begins with it', () => {
    const { call, source } = setUp();
    const time = source();
    expect(time.placeMedia('voice', 40, 20)).toBe(40);
    call.elapsedMs = 500;
    expect(time.placeMedia('voice', 540, 20)).toBe(540);
  });

  it('is shifted to where the session is, when it begins in the middle of its own', () => {
    const { call, source } = setUp();
    const time = source();
    expect(time.placeMedia('voice', 300_000, 20)).toBeNull();
    call.elapsedMs = 20;
    expect(time.placeMedia('voice', 300_020, 20)).toBe(20);
    call.elapsedMs = 60;
    expect(time.placeMedia('voice', 300_060, 20)).toBe(60);
    expect(time.placeMedia('voice', 300_040, 20)).toBe(40);
  });

  it('is not shifted by a single error, at its beginning or later', () => {
    const { call, source } = setUp();
    const time = source();
    expect(time.placeMedia('voice', 3_600_000, 20)).toBeNull();
    expect(time.placeMedia('voice', 20, 20)).toBe(20);
    expect(time.placeMedia('voice', 3_600_000, 20)).toBe(3_600_000);
    call.elapsedMs = 40;
    expect(time.placeMedia('voice', 40, 20)).toBe(40);
  });

  it('goes on when the clock of the source jumps ahead or back in the middle', () => {
    const { call, source } = setUp();
    const time = source();
    const at = (elapsedMs: number, sourceMs: number) => {
      call.elapsedMs = elapsedMs;
      return time.placeMedia('voice', sourceMs, 20);
    };
    expect([at(20, 0), at(40, 20)]).toEqual([0, 20]);
    expect([at(60, 3_600_000), at(80, 3_600_020), at(100, 3_600_040)]).toEqual([3_600_000, 60, 80]);
    expect([at(120, 0), at(140, 20), at(160, 40)].slice(1)).toEqual([120, 140]);
  });

  it('is the same for sources that share a clock, from their first time on', () => {
    const { call, source } = setUp();
    const first = source();
    first.placeMedia('voice', 300_000, 20);
    first.placeMedia('voice', 300_020, 20);
    call.elapsedMs = 2000;
    expect(source().placeMedia('voice', 301_900, 20)).toBe(1880);
  });

  it('is shifted too where the session may run far ahead', () => {
    const time = setUp({ maxLeadMs: 604_800_000 }).source();
    expect([time.placeMedia('voice', 300_000, 20), time.placeMedia('voice', 300_020, 20)]).toEqual([null, 0]);
  });
});

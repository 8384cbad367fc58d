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
    expect(time.place(40)).toBe(40);
    call.elapsedMs = 500;
    expect(time.place(540)).toBe(540);
  });

  it('is shifted to where the session is, when it begins in the middle of its own', () => {
    const { call, source } = setUp();
    const time = source();
    expect(time.place(300_000)).toBeNull();
    call.elapsedMs = 20;
    expect(time.place(300_020)).toBe(20);
    call.elapsedMs = 60;
    expect(time.place(300_060)).toBe(60);
    expect(time.place(300_040)).toBe(40);
  });

  it('is not shifted by a single error, nor later than at its beginning', () => {
    const { source } = setUp();
    const time = source();
    expect(time.place(3_600_000)).toBeNull();
    expect(time.place(20)).toBe(20);
    expect(time.place(3_600_000)).toBe(3_600_000);
    expect(time.place(3_600_020)).toBe(3_600_020);
  });

  it('is the same for sources that share a clock, from their first time on', () => {
    const { call, source } = setUp();
    const first = source();
    first.place(300_000);
    first.place(300_020);
    call.elapsedMs = 2000;
    expect(source().place(301_900)).toBe(1880);
  });

  it('is shifted too where the session may run far ahead', () => {
    const time = setUp({ maxLeadMs: 604_800_000 }).source();
    expect([time.place(300_000), time.place(300_020)]).toEqual([null, 0]);
  });
});

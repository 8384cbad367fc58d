import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClockRuns } from '../../../../server/ingest/tracks/clock-runs.ts';

/** A source that sends 20 ms of sound every 20 ms of wall-clock time. */
function setUp() {
  const wall = { nowMs: 0 };
  const jumps: number[] = [];
  const runs = new ClockRuns({ now: () => wall.nowMs, onJump: (byMs) => jumps.push(byMs) });
  const send = (sourceMs: number, track = 'voice') => {
    wall.nowMs += 20;
    return runs.place(track, sourceMs, 20, (timeMs) => timeMs > wall.nowMs + 600_000);
  };
  const play = (fromMs: number, toMs: number, track?: string) => {
    const times: number[] = [];
    for (let ms = fromMs; ms < toMs; ms += 20) times.push(send(ms, track));
    return times;
  };
  return { wall, jumps, runs, send, play };
}

describe('the clock of a source', () => {
  it('is left as it is while it runs, also over a gap, out of order, and a little back', () => {
    const { send, jumps } = setUp();
    for (const ms of [0, 20, 60, 40, 9000, 9020, 8000, 8020, 8040]) expect(send(ms)).toBe(ms);
    expect(jumps).toEqual([]);
  });

  it('that starts again goes on where the media was, and only the first frame is lost', () => {
    const { play, jumps } = setUp();
    expect(play(0, 4000)).toEqual(Array.from({ length: 200 }, (_, i) => 20 * i));
    const [lost, ...rest] = play(0, 4000);
    expect(lost).toBe(0);
    expect(rest).toEqual(Array.from({ length: 199 }, (_, i) => 4020 + 20 * i));
    expect(jumps).toEqual([-4000]);
    play(0, 4000);
    expect(jumps).toHaveLength(2);
  });

  it('keeps the time that passed while it started again', () => {
    const { play, wall } = setUp();
    play(0, 4000);
    wall.nowMs += 3000;
    expect(play(0, 60).slice(1)).toEqual([7020, 7040]);
  });

  it('is not set back by one wrong time', () => {
    const { play, send, jumps } = setUp();
    play(0, 4000);
    expect(send(0)).toBe(0);
    expect(send(4000)).toBe(4000);
    expect(send(100)).toBe(100);
    expect(send(4020)).toBe(4020);
    expect(jumps).toEqual([]);
  });

  it('is shared by the tracks of the source, and media of the old time that is still on its way keeps it', () => {
    const { play, send, jumps } = setUp();
    play(0, 4000, 'ann');
    expect(send(4000, 'bob')).toBe(4000);
    play(0, 100, 'ann');
    expect(send(4020, 'bob')).toBe(4020);
    const annMs = send(100, 'ann');
    const bobMs = send(120, 'bob');
    expect(bobMs - annMs).toBe(20);
    expect(jumps).toHaveLength(1);
  });

  it('is healed when its very first time was wrong', () => {
    const { send, play } = setUp();
    send(50_000);
    const times = play(0, 200).slice(1);
    expect(times.every((ms, i) => i === 0 || ms - times[i - 1]! === 20)).toBe(true);
    expect(times[0]).toBeGreaterThanOrEqual(50_000);
  });

  it('places words in the run that they belong to', () => {
    const { play, runs } = setUp();
    play(100_000, 104_000);
    play(0, 4000);
    expect(runs.placeWords(103_000)).toBe(103_000);
    const shiftMs = runs.placeWords(1000) - 1000;
    expect(shiftMs).toBe(104_000);
  });

  it('gives a track times that rise after any number of restarts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 3000, max: 9000 }), { minLength: 1, maxLength: 12 }), (lengths) => {
        const { play } = setUp();
        const times = lengths.flatMap((length) => play(0, length).slice(1));
        for (let i = 1; i < times.length; i += 1) expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(20);
      }),
      { numRuns: 20 },
    );
  });
});

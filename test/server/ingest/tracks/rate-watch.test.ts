import { describe, expect, it } from 'vitest';
import { RateWatch } from '../../../../server/ingest/tracks/rate-watch.ts';

interface Sent {
  /** Samples of each frame, which is announced as 16 kHz. */
  readonly samples: number;
  /** What the source says a frame lasts, in ms. Null: it gives no times, so the time is the count of samples. */
  readonly stepMs: number | null;
  /** When each frame arrives, in ms of the wall clock. */
  readonly arrivesMs: (index: number) => number;
  readonly frames: number;
}

function codesOf({ samples, stepMs, arrivesMs, frames }: Sent): string[] {
  const watch = new RateWatch();
  return Array.from({ length: frames }, (_, index) =>
    watch.take(index * (stepMs ?? samples / 16), 16_000, samples, arrivesMs(index)),
  ).flatMap((notice) => (notice === null ? [] : [`${notice.code} ${notice.message}`]));
}

const live = (index: number) => 20 * index;

describe('the sound of a track', () => {
  it('that fits its rate and the clock is nothing to tell, also with gaps, jitter, and bursts after a stall', () => {
    expect(codesOf({ samples: 320, stepMs: 20, arrivesMs: live, frames: 2000 })).toEqual([]);
    expect(codesOf({ samples: 320, stepMs: 20, arrivesMs: (i) => live(i) + (i % 7) * 9, frames: 2000 })).toEqual([]);
    const stalled = (i: number) => (i < 500 ? live(i) : Math.max(live(i), 16_000));
    expect(codesOf({ samples: 320, stepMs: 20, arrivesMs: stalled, frames: 2000 })).toEqual([]);
    const backlog = (i: number) => Math.max(0, live(i) - 5000);
    expect(codesOf({ samples: 320, stepMs: 20, arrivesMs: backlog, frames: 2000 })).toEqual([]);
  });

  it.each([
    ['48 kHz', 960, '48000'],
    ['8 kHz', 160, '8000'],
  ])('that is %s and announced as 16 kHz is told, with the rate that would fit', (_what, samples, fitting) => {
    const codes = codesOf({ samples, stepMs: 20, arrivesMs: live, frames: 60 });
    expect(codes).toHaveLength(1);
    expect(codes[0]).toMatch(new RegExp(`^wrong-rate .*${fitting} samples per second`));
  });

  it('that has no times and comes at twice the pace is told, with figures', () => {
    const codes = codesOf({ samples: 640, stepMs: null, arrivesMs: live, frames: 400 });
    expect(codes[0]).toMatch(/^fast-media .*12\.\d s in 6\.\d s/);
  });
});

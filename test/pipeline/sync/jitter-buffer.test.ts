import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JitterBuffer, type JitterBufferOptions } from '../../../pipeline/sync/jitter-buffer.ts';
import { displace } from '../../support/pipeline/frames.ts';

function setUp(options: Partial<JitterBufferOptions<number>> = {}) {
  const drops: string[] = [];
  const buffer = new JitterBuffer<number>({
    jitterMs: 200,
    kind: 'stretches',
    openedMs: 0,
    onDrop: (reason) => drops.push(reason),
    ...options,
  });
  /** Pushes 20 ms packets, named by their start. */
  const push = (...starts: number[]) => starts.map((start) => buffer.push(start, start + 20, start));
  const pushInstants = (...starts: number[]) => starts.map((start) => buffer.push(start, start, start));
  return { buffer, drops, push, pushInstants };
}

describe('JitterBuffer of stretches', () => {
  it('releases what is contiguous at once', () => {
    const { push } = setUp();
    expect(push(0, 20, 40)).toEqual([[0], [20], [40]]);
  });

  it('holds a first packet behind the opening until nothing earlier can come', () => {
    const { push } = setUp();
    expect(push(100, 120, 300)).toEqual([[], [], [100, 120]]);
  });

  it('puts swapped packets in order', () => {
    const { push } = setUp();
    expect(push(0, 40, 20, 60)).toEqual([[0], [], [20, 40], [60]]);
  });

  it('waits for a missing packet until its successor is the jitter budget behind', () => {
    const { push } = setUp();
    expect(push(0, 40, 60, 220)).toEqual([[0], [], [], []]);
    expect(push(240)).toEqual([[40, 60]]);
    expect(push(20)).toEqual([[]]);
  });

  it('counts duplicates and late packets', () => {
    const { push, drops } = setUp();
    push(0, 20, 20, 60, 60, 0);
    expect(drops).toEqual(['duplicate', 'duplicate', 'late']);
  });

  it('tolerates time stamps rounded to whole milliseconds', () => {
    const { buffer } = setUp();
    const released = [0, 21, 43, 64, 85].map((start) => buffer.push(start, start + 21.333, start));
    expect(released).toEqual([[0], [21], [43], [64], [85]]);
  });

  it('does not let one corrupt time stamp move the track', () => {
    const { push, drops } = setUp();
    expect(push(0, 9e9, 20, 40, 8e9, 60)).toEqual([[0], [], [20], [40], [], [60]]);
    expect(drops).toEqual(['jump']);
  });

  it('follows a jump that two packets agree on, in either order', () => {
    const { push } = setUp();
    expect(push(0, 60_020, 60_000, 60_040, 60_260)).toEqual([[0], [], [], [], [60_000, 60_020, 60_040]]);
  });

  it('takes no packet for a jump up to which the source has promised silence', () => {
    const { buffer, push, drops } = setUp();
    push(0);
    for (const boundMs of [8000, 16_000, 24_000]) buffer.advance(boundMs);
    expect(push(24_000, 24_020)).toEqual([[24_000], [24_020]]);
    expect(drops).toEqual([]);
  });

  it('drops what comes from a clock that restarted earlier', () => {
    const { push, drops } = setUp({ openedMs: 5000 });
    push(5000, 5020);
    expect(push(0, 20)).toEqual([[], []]);
    expect(drops).toEqual(['late', 'late']);
  });

  it('releases without waiting what the source promises to be complete', () => {
    const { buffer, push } = setUp();
    push(0, 40);
    expect(buffer.advance(40)).toEqual([40]);
    expect(buffer.settledMs).toBe(60);
  });

  it('releases everything on a flush, but no jump that nothing confirmed', () => {
    const { buffer, push, drops } = setUp();
    push(0, 40, 80, 50_000);
    expect(buffer.flush()).toEqual([40, 80]);
    expect(drops).toEqual(['jump']);
    expect(buffer.flush()).toEqual([]);
  });

  it('holds no more packets than its capacity', () => {
    const { push } = setUp({ capacity: 3 });
    expect(push(20, 40, 60, 80)).toEqual([[], [], [], [20, 40, 60, 80]]);
  });

  it('releases the same for every order of arrival within the budget', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean(), { minLength: 5, maxLength: 80 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 80, maxLength: 80 }),
        fc.constantFrom(1.333, 2.667, 10, 20, 60),
        (sent, delays, durationMs) => {
          const packets = sent.flatMap((isSent, index) => (isSent ? [{ startMs: index * durationMs }] : []));
          const run = (order: readonly { startMs: number }[]) => {
            const { buffer, drops } = setUp();
            const out = order.flatMap(({ startMs }) => buffer.push(startMs, startMs + durationMs, startMs));
            out.push(...buffer.flush());
            expect(drops).toEqual([]);
            return out;
          };
          const released = run(displace(packets, 200, delays));
          expect(released).toEqual(packets.map(({ startMs }) => startMs));
        },
      ),
    );
  });

  it('never releases out of order, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 200 }), (starts) => {
        const { buffer, push, drops } = setUp();
        const out = [...push(...starts).flat(), ...buffer.flush()];
        expect(out).toEqual([...new Set(out)].sort((a, b) => a - b));
        expect(out.length + drops.length).toBe(starts.length);
      }),
    );
  });
});

describe('JitterBuffer of instants', () => {
  it('holds each until nothing earlier can come', () => {
    const { buffer, pushInstants } = setUp({ kind: 'instants' });
    expect(pushInstants(0, 100, 66, 200, 333)).toEqual([[], [], [], [0], [66, 100]]);
    expect(buffer.settledMs).toBe(133);
    expect(buffer.flush()).toEqual([200, 333]);
  });

  it('drops those that are later than the budget', () => {
    const { drops, pushInstants } = setUp({ kind: 'instants' });
    expect(pushInstants(0, 500, 200, 300)).toEqual([[], [0], [], [300]]);
    expect(drops).toEqual(['late']);
  });

  it('releases the same for every order of arrival within the budget', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 3000 }), { minLength: 2, maxLength: 60 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 }),
        (starts, delays) => {
          const images = starts.sort((a, b) => a - b).map((startMs) => ({ startMs }));
          const { buffer, pushInstants } = setUp({ kind: 'instants' });
          const order = displace(images, 200, delays).map(({ startMs }) => startMs);
          expect([...pushInstants(...order).flat(), ...buffer.flush()]).toEqual(starts);
        },
      ),
    );
  });
});

describe('what a JitterBuffer holds', () => {
  it('is bounded by bytes: the earliest leaves before its time, and the count comes back to nothing', () => {
    let held = 0;
    const onHeld = (bytes: number) => {
      held += bytes;
    };
    const { buffer, push } = setUp({ kind: 'instants', bytesOf: () => 100, maxBytes: 250, onHeld });
    expect(push(10, 20, 30)).toEqual([[], [], [10]]);
    expect(held).toBe(200);
    push(50_000);
    expect(held).toBe(300);
    buffer.flush();
    expect(held).toBe(0);
  });
});

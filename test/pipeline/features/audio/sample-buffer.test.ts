import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forShortParts, SampleBuffer } from '../../../../pipeline/features/audio/sample-buffer.ts';

describe('sample buffer', () => {
  it('holds the newest samples by their index, however they come', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 12 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50_000 }), sizes, (kept, counts) => {
        const buffer = new SampleBuffer(kept);
        for (const count of counts) {
          buffer.append(Float32Array.from({ length: count }, (_, n) => buffer.length + n));
          const oldest = Math.max(0, buffer.length - kept);
          expect(buffer.first).toBeLessThanOrEqual(oldest);
          if (oldest === buffer.length) continue;
          for (const i of [oldest, buffer.length - 1]) expect(buffer.samples[i - buffer.first]).toBe(i);
        }
        expect(buffer.length).toBe(counts.reduce((sum, count) => sum + count, 0));
      }),
      { numRuns: 50 },
    );
  });

  it('copies a stretch, with zeros for what it does not hold', () => {
    const buffer = new SampleBuffer(10);
    for (let i = 0; i < 5; i++) buffer.append(Float32Array.from({ length: 20_000 }, (_, n) => buffer.length + n));
    const { first, length } = buffer;
    const stretch = (from: number, to: number) => {
      const target = new Float32Array(8).fill(-1);
      buffer.copyTo(target, from, to);
      return [...target.subarray(0, to - from), target[to - from]];
    };
    expect(first).toBeGreaterThan(0);
    expect(stretch(length - 6, length)).toEqual([6, 5, 4, 3, 2, 1].map((before) => length - before).concat(-1));
    expect(stretch(length - 2, length + 2)).toEqual([length - 2, length - 1, 0, 0, -1]);
    expect(stretch(first - 2, first + 2)).toEqual([0, 0, first, first + 1, -1]);
    expect(stretch(-4, -1)).toEqual([0, 0, 0, -1]);
  });

  it('does not grow with the utterance', () => {
    const buffer = new SampleBuffer(16_000);
    for (let i = 0; i < 100; i++) forShortParts(new Float32Array(100_000), (part) => buffer.append(part));
    expect(buffer.length).toBe(10_000_000);
    expect(buffer.samples.length).toBeLessThanOrEqual(16_000 + 32_000);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SampleBuffer, shortParts } from '../../../../pipeline/features/audio/sample-buffer.ts';

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

  it('does not grow with the utterance', () => {
    const buffer = new SampleBuffer(16_000);
    for (let i = 0; i < 100; i++) for (const part of shortParts(new Float32Array(100_000))) buffer.append(part);
    expect(buffer.length).toBe(10_000_000);
    expect(buffer.samples.length).toBeLessThanOrEqual(16_000 + 32_000);
  });
});

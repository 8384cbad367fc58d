import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Convolver } from '../../../pipeline/sync/resampling/convolver.ts';
import { seededRandom } from '../../support/e2e/seeded-random.ts';

const samplesOf = (count: number, random: () => number) => Float32Array.from({ length: count }, () => random() - 0.5);

describe('the convolver', () => {
  it('adds the products of each phase, as plain additions do, for any filter and any number of samples', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(5000),
        fc.nat(7),
        fc.nat(),
        (taps, phases, step, count, first, seed) => {
          const random = seededRandom(seed);
          const weights = samplesOf(taps * phases, random);
          const phase = Math.floor(random() * phases);
          const samples = samplesOf(first + Math.floor((phase + count * step) / phases) + taps, random);
          const output = new Float32Array(count);
          new Convolver({ weights, taps, phases, step }).fill(output, samples, first, phase);
          for (let i = 0; i < count; i++) {
            const position = phase + i * step;
            const [row, at] = [(position % phases) * taps, first + Math.floor(position / phases)];
            let sum = 0;
            for (let tap = 0; tap < taps; tap++) sum += weights[row + tap]! * samples[at + tap]!;
            expect(Math.abs(output[i]! - sum)).toBeLessThan(1e-5);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps nothing of what it was given before, not even what is no number', () => {
    const convolver = new Convolver({ weights: Float32Array.of(1, 1, 1, 1, 1), taps: 5, phases: 1, step: 1 });
    const [spoilt, clean] = [new Float32Array(200).fill(Number.NaN), new Float32Array(20).fill(1)];
    convolver.fill(new Float32Array(190), spoilt, 0, 0);
    const output = new Float32Array(16);
    convolver.fill(output, clean, 0, 0);
    expect([...output]).toEqual(Array(16).fill(5));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResampler } from '../../../pipeline/sync/resampler.ts';

const tone = (rateHz: number, hz: number, count: number, phase = 0) =>
  Float32Array.from({ length: count }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / rateHz + phase));

function resample(inputRateHz: number, samples: Float32Array, chunkSizes: readonly number[] = [samples.length]) {
  const resampler = createResampler(inputRateHz);
  const output: number[] = [];
  let at = 0;
  for (let i = 0; at < samples.length; i++) {
    const size = chunkSizes[i % chunkSizes.length]!;
    output.push(...resampler.push(samples.subarray(at, at + size)));
    at += size;
  }
  output.push(...resampler.flush());
  return Float32Array.from(output);
}

/** Level of the samples away from the track's ends, dB under the tone that went in. */
function levelDb(samples: Float32Array): number {
  const inner = samples.subarray(400, samples.length - 400);
  const meanSquare = inner.reduce((sum, x) => sum + x * x, 0) / inner.length;
  return 10 * Math.log10(Math.max(1e-12, meanSquare / 0.125));
}

/** What remains of 16 kHz samples when the best fit of one frequency is taken out, dB under the tone that went in. */
function residueDb(samples: Float32Array, hz: number): number {
  const inner = samples.subarray(400, samples.length - 400);
  const angle = (n: number) => (2 * Math.PI * hz * n) / 16_000;
  let [cc, ss, cs, xc, xs] = [0, 0, 0, 0, 0];
  for (const [n, x] of inner.entries()) {
    const [c, s] = [Math.cos(angle(n)), Math.sin(angle(n))];
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += x * c;
    xs += x * s;
  }
  const det = cc * ss - cs * cs;
  const [a, b] = [(xc * ss - xs * cs) / det, (xs * cc - xc * cs) / det];
  const rest = inner.map((x, n) => x - a * Math.cos(angle(n)) - b * Math.sin(angle(n)));
  return levelDb(Float32Array.from([...new Float32Array(400), ...rest, ...new Float32Array(400)]));
}

describe('resampler to 16 kHz', () => {
  it.each([48_000, 44_100, 32_000, 22_050, 96_000])(
    'keeps tones above 8 kHz out of the output from %i Hz',
    (rateHz) => {
      for (const hz of [8050, 8500, 9500, 10_500]) {
        expect(levelDb(resample(rateHz, tone(rateHz, hz, rateHz / 2)))).toBeLessThan(-60);
      }
    },
  );

  it.each([8000, 11_025, 12_000])('adds no image of a tone when it raises the rate from %i Hz', (rateHz) => {
    for (const hz of [200, 1000, 3000]) {
      expect(residueDb(resample(rateHz, tone(rateHz, hz, rateHz / 2)), hz)).toBeLessThan(-60);
    }
  });

  it.each([48_000, 44_100, 32_000, 22_050, 44_101])(
    'passes 50 Hz to 7 kHz within half a decibel from %i Hz',
    (rateHz) => {
      for (const hz of [50, 440, 3000, 6000, 7000]) {
        expect(Math.abs(levelDb(resample(rateHz, tone(rateHz, hz, rateHz / 2))))).toBeLessThan(0.5);
      }
    },
  );

  it.each([48_000, 44_100, 44_101, 22_050, 8000])('places output sample n at time n / 16000 from %i Hz', (rateHz) => {
    const expected = tone(16_000, 700, 4000, 0.3);
    const output = resample(rateHz, tone(rateHz, 700, rateHz / 4, 0.3));
    for (let n = 400; n < 3600; n++) expect(Math.abs(output[n]! - expected[n]!)).toBeLessThan(2e-3);
  });

  it('returns the same samples, copied, when the rates agree', () => {
    const samples = tone(16_000, 300, 100);
    const output = createResampler(16_000).push(samples);
    expect(output).toEqual(samples);
    expect(output).not.toBe(samples);
  });

  it('gives the same output, of the rounded length, for any cut into chunks and any rate', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(8000, 22_050, 44_100, 48_000), fc.integer({ min: 8000, max: 96_000 })),
        fc.integer({ min: 0, max: 3000 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 5 }),
        (rateHz, count, chunkSizes) => {
          const samples = tone(rateHz, 500, count);
          const output = resample(rateHz, samples, chunkSizes);
          expect(output.length).toBe(Math.round((count * 16_000) / rateHz));
          expect(output).toEqual(resample(rateHz, samples, [Math.max(1, count)]));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('starts anew after a flush', () => {
    const resampler = createResampler(48_000);
    const samples = tone(48_000, 500, 4800);
    const first = [...resampler.push(samples), ...resampler.flush()];
    const second = [...resampler.push(samples), ...resampler.flush()];
    expect(second).toEqual(first);
  });

  it.each([999, 768_001, 44_100.5, Number.NaN])('refuses a rate of %d Hz', (rateHz) => {
    expect(() => createResampler(rateHz)).toThrow(RangeError);
  });
});

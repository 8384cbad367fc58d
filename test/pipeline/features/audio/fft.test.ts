import { describe, expect, it } from 'vitest';
import { RealFft } from '../../../support/plain-kernels/real-fft.ts';
import { createNoise } from './clips.ts';

describe('real FFT', () => {
  it.each([8, 64, 512])('agrees with the direct transform at size %i', (size) => {
    const noise = createNoise(size);
    const input = Float64Array.from({ length: size }, noise);
    const fft = new RealFft(size);
    const [re, im, power] = [0, 1, 2].map(() => new Float64Array(fft.binCount)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    fft.transform(input, re, im);
    fft.power(input, power);
    for (let k = 0; k < fft.binCount; k++) {
      let [sumRe, sumIm] = [0, 0];
      for (let n = 0; n < size; n++) {
        sumRe += input[n]! * Math.cos((2 * Math.PI * k * n) / size);
        sumIm -= input[n]! * Math.sin((2 * Math.PI * k * n) / size);
      }
      expect(re[k]).toBeCloseTo(sumRe, 9);
      expect(im[k]).toBeCloseTo(sumIm, 9);
      expect(power[k]).toBeCloseTo(sumRe ** 2 + sumIm ** 2, 8);
    }
  });

  it.each([0, 4, 100, 131_072])('refuses the size %i', (size) => {
    expect(() => new RealFft(size)).toThrow(RangeError);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseOperatingPoint, isCertain, isLikely, shiftEmotion } from '../../../models/bundle/operating-point.ts';

const BALANCED = {
  name: 'balanced',
  emotionOffsets: [0, 0, 0, 0, 0, 0, 0],
  certainFrom: 0.55,
  dissatisfactionFrom: 0.4,
};
const RIGHT = { ...BALANCED, name: 'most-right', emotionOffsets: [-1, 0, 0, 0, 1, 0, 0] };

const offsets = (...emotionOffsets: number[]) => ({ ...BALANCED, emotionOffsets });
const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

describe('chooseOperatingPoint', () => {
  it('takes the one of that name, and the first without a name', () => {
    expect(chooseOperatingPoint([BALANCED, RIGHT], 'most-right')).toBe(RIGHT);
    expect(chooseOperatingPoint([BALANCED, RIGHT])).toBe(BALANCED);
    expect(chooseOperatingPoint([])).toBeNull();
  });

  it.each([
    [[BALANCED, RIGHT], 'it has balanced, most-right.'],
    [[], 'it has none.'],
  ])('lists the names that there are when it lacks one', (points, known) => {
    const choose = () => chooseOperatingPoint(points, 'best');
    expect(choose).toThrow(expect.objectContaining({ code: 'unknown-operating-point' }));
    expect(choose).toThrow(`The model bundle has no operating point "best": ${known}`);
  });
});

describe('shiftEmotion', () => {
  it('adds offsets to the logarithms and normalises again', () => {
    const shifted = shiftEmotion(Float32Array.of(0.5, 0, 0, 0, 0.5, 0, 0), RIGHT);
    const odds = Math.exp(-1) / (Math.exp(-1) + Math.exp(1));
    expect(shifted[0]).toBeCloseTo(odds, 6);
    expect(shifted[4]).toBeCloseTo(1 - odds, 6);
  });

  it('leaves the probabilities as they are, to the bit, where every offset is 0', () => {
    const emotion = Float32Array.of(0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1);
    expect(shiftEmotion(emotion, BALANCED)).toBe(emotion);
  });

  it('gives a distribution for any finite offsets', () => {
    const weight = fc.float({ min: 0, max: 1, noNaN: true });
    const offset = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(
        fc.array(weight, { minLength: 7, maxLength: 7 }),
        fc.array(offset, { minLength: 7, maxLength: 7 }),
        (weights, emotionOffsets) => {
          const total = weights.reduce((all, one) => all + one, 0);
          fc.pre(total > 1e-3);
          const emotion = Float32Array.from(weights, (one) => one / total);
          const shifted = shiftEmotion(emotion, { ...BALANCED, emotionOffsets });
          expect(sum(shifted)).toBeCloseTo(1, 4);
          expect(shifted.every((value) => value >= 0 && value <= 1)).toBe(true);
        },
      ),
    );
  });

  it('makes nothing probable that is impossible', () => {
    const shifted = shiftEmotion(Float32Array.of(0, 1, 0, 0, 0, 0, 0), offsets(1000, 0, 0, 0, 0, 0, 0));
    expect(shifted).toEqual(Float32Array.of(0, 1, 0, 0, 0, 0, 0));
  });
});

describe('isCertain and isLikely', () => {
  it('hold at the threshold itself, as a graph in float32 gives it', () => {
    for (const threshold of [0.55, 0.6, 0.7, 0, 1]) {
      const point = { ...BALANCED, certainFrom: threshold, dissatisfactionFrom: threshold };
      expect(isCertain(Float32Array.of(threshold, 0), point)).toBe(true);
      expect(isLikely(Math.fround(threshold), point)).toBe(true);
    }
  });

  it('do not hold below it', () => {
    expect(isCertain(Float32Array.of(0.549, 0.451), BALANCED)).toBe(false);
    expect(isLikely(Math.fround(0.399), BALANCED)).toBe(false);
  });
});

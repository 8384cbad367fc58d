import { describe, expect, it } from 'vitest';
import { clusterVoices, dot, gainOfDivision } from '../../../pipeline/index.ts';
import { excerptsLike } from '../../support/voices/excerpts.ts';

const voicesOf = (pattern: string) => [...pattern].map(Number);

describe('clusterVoices', () => {
  it.each(['0101010011', '0000000001', '00000111110000', '01'])('finds who says each excerpt of %s', (pattern) => {
    const { labels } = clusterVoices(excerptsLike(voicesOf(pattern)))!;
    expect([...labels].join('')).toBe(pattern);
  });

  it('calls the voice of the first excerpt 0', () => {
    const { labels, means } = clusterVoices(excerptsLike(voicesOf('1100101')))!;
    expect([...labels].join('')).toBe('0011010');
    expect(dot(means[0], excerptsLike([1])[0]!.vector)).toBeGreaterThan(0.9);
  });

  it('gains much by dividing two voices, and little by dividing one', () => {
    const gain = (pattern: string) => {
      const excerpts = excerptsLike(voicesOf(pattern));
      return gainOfDivision(excerpts, clusterVoices(excerpts)!.labels);
    };
    expect(gain('0101010101')).toBeGreaterThan(0.05);
    expect(gain('0000000000')).toBeLessThan(0.02);
    expect(gainOfDivision([], [])).toBe(0);
  });

  it('divides nothing where there are less than two excerpts', () => {
    expect(clusterVoices([])).toBeNull();
    expect(clusterVoices(excerptsLike([0]))).toBeNull();
  });

  it('divides excerpts that are all the same without failing', () => {
    const { vector } = excerptsLike([0])[0]!;
    const excerpts = Array.from({ length: 5 }, () => ({ vector, weight: 1 }));
    const { labels } = clusterVoices(excerpts)!;
    expect(new Set(labels).size).toBe(1);
    expect(gainOfDivision(excerpts, labels)).toBeCloseTo(0, 5);
  });
});

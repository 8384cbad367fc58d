import { describe, expect, it } from 'vitest';
import { findOwnSound } from '../../../../../server/ingest/file/placement/bleed.ts';
import { measureLevel } from '../../../../../server/ingest/file/placement/voice-activity.ts';
import { type Span, turns } from '../../../../support/placement/survey.ts';

const STEPS = 1500;
const [SAM, DANA] = turns(2, 24) as [Span[], Span[]];
const isIn = (spans: readonly Span[], step: number) => spans.some(([from, to]) => step >= from * 10 && step < to * 10);

/** Levels of a voice that rises and falls, over noise. */
function levelsOf(spans: readonly Span[], loudDb: number, seed: number): Float32Array {
  let state = seed;
  let swing = 0;
  return Float32Array.from({ length: STEPS }, (_, step) => {
    state = (state * 16_807) % 2_147_483_647;
    const random = state / 2_147_483_647;
    swing = 0.6 * swing + 0.4 * random;
    return isIn(spans, step) ? loudDb - swing * 24 : -62 + random * 3;
  });
}

/** The sum of two sounds, of which one is lowered. */
function withBleed(own: Float32Array, other: Float32Array, byDb: number, delay = 0): Float32Array {
  const power = (db: number) => 10 ** (db / 10);
  return own.map((db, step) => 10 * Math.log10(power(db) + power((other[step - delay] ?? -90) - byDb)));
}

const find = (...levelsDb: Float32Array[]) => findOwnSound(levelsDb, levelsDb.map(measureLevel));

/** The share of the steps of these stretches that counts as own. */
function ownShare(heard: Uint8Array, spans: readonly Span[]): number {
  const steps = [...heard.keys()].filter((step) => isIn(spans, step));
  return steps.filter((step) => heard[step] === 1).length / steps.length;
}

describe('the bleed of one channel into another', () => {
  const [sam, dana] = [levelsOf(SAM, -15, 3), levelsOf(DANA, -18, 4)];

  it.each([
    [18, 0],
    [24, 0],
    [22, 1],
  ])('is found %d dB below the voice and %d steps after it, and own voices are kept', (byDb, delay) => {
    const [ofSam, ofDana] = find(withBleed(sam, dana, byDb, delay), withBleed(dana, sam, byDb, delay));
    for (const [heard, own, other] of [
      [ofSam, SAM, DANA],
      [ofDana, DANA, SAM],
    ] as const) {
      expect(ownShare(heard!, own)).toBeGreaterThan(0.9);
      expect(ownShare(heard!, other)).toBeLessThan(0.1);
    }
  });

  it('does not take the voice of someone who speaks at the same time', () => {
    const talksOver: Span[] = [...DANA, [SAM[2]![0] + 0.5, SAM[2]![1]], [SAM[5]![0], SAM[5]![1]]];
    const both = withBleed(levelsOf(talksOver, -18, 9), sam, 30);
    const [, heard] = find(sam, both);
    expect(ownShare(heard!, [[SAM[2]![0] + 0.5, SAM[2]![1]]])).toBeGreaterThan(0.8);
  });

  it('is in no call of clean channels, and in none of one channel', () => {
    expect(find(sam, dana)).toEqual([null, null]);
    expect(find(sam)).toEqual([null]);
    expect(find(sam, levelsOf([], -20, 8))).toEqual([null, null]);
  });
});

describe('what two channels hold alike', () => {
  const announcement: Span[] = [[100, 140]];
  const [sam, dana] = [levelsOf(SAM, -15, 3), levelsOf(DANA, -18, 4)];
  const told = levelsOf(announcement, -15, 7);
  const within = (own: Float32Array, changeDb = 0) =>
    own.map((db, step) => (isIn(announcement, step) ? told[step]! + (step % 2) * changeDb : db));

  it('is heard in the first one only, for as long as it lasts', () => {
    const [first, second] = find(within(sam), within(dana));
    expect(first === null ? 1 : ownShare(first!, announcement)).toBe(1);
    expect(ownShare(second!, announcement)).toBe(0);
    const outside = DANA.filter(([, to]) => to < 100);
    expect(ownShare(second!, outside)).toBe(1);
  });

  it('is each one’s own where the level differs a little', () => {
    const [, second] = find(within(sam), within(dana, 2));
    expect(second === null ? 1 : ownShare(second!, announcement)).toBeGreaterThan(0.9);
  });
});

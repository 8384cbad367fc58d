import { describe, expect, it } from 'vitest';
import { surveyRecording } from '../../../../../server/ingest/file/placement/survey-recording.ts';
import { recordingOf } from '../../../../support/placement/recording-of.ts';

const RATE_HZ = 8000;

/** Noise that is loud every other second, like speech that pauses. */
function noise(seconds: number, seed: number, loudOn: (second: number) => boolean = (s) => s % 2 === 0): Float32Array {
  let state = seed;
  return Float32Array.from({ length: seconds * RATE_HZ }, (_, i) => {
    state = (state * 16_807) % 2_147_483_647;
    const value = state / 1_073_741_823.5 - 1;
    return value * (loudOn(Math.floor(i / RATE_HZ)) ? 0.3 : 0.0003);
  });
}

const surveyed = (...channels: Float32Array[]) => surveyRecording(recordingOf(channels, RATE_HZ));
const later = (samples: Float32Array, by: number) => Float32Array.from(samples, (_, i) => samples[i - by] ?? 0);
const times = (samples: Float32Array, factor: number) => samples.map((sample) => sample * factor);
const sum = (a: Float32Array, b: Float32Array) => a.map((sample, i) => sample + b[i]!);

describe('the survey of a recording', () => {
  it('tells the level of each tenth of a second, whatever the blocks', async () => {
    const tone = Float32Array.from({ length: RATE_HZ }, (_, i) => (i < RATE_HZ / 2 ? 0 : i % 2 === 0 ? 0.1 : -0.1));
    const { levelsDb } = await surveyed(tone);
    expect(levelsDb[0]).toHaveLength(10);
    for (let step = 0; step < 5; step++) expect(levelsDb[0]![step]).toBeLessThan(-100);
    for (let step = 5; step < 10; step++) expect(levelsDb[0]![step]).toBeCloseTo(-20, 1);
  });

  it('finds the same sound in several channels: louder, inverted, or a little later', async () => {
    const voice = noise(6, 5);
    for (const copy of [
      voice,
      times(voice, 0.2),
      times(voice, -1),
      later(voice, 90),
      sum(voice, times(noise(6, 9), 0.05)),
    ]) {
      const { sameAs } = await surveyed(voice, copy);
      expect(sameAs[0]).toBe(sameAs[1]);
    }
    expect((await surveyed(times(voice, 0.3), voice)).sameAs).toEqual([1, 1]);
    const other = noise(6, 6);
    const { sameAs } = await surveyed(voice, other, later(times(voice, 0.5), 20), times(other, 0.5));
    expect(sameAs).toEqual([0, 1, 0, 1]);
  });

  it('tells voices apart that speak in turn, at once, or over each other’s bleed', async () => {
    const [even, odd] = [noise(6, 5), noise(6, 6, (s) => s % 2 === 1)];
    expect((await surveyed(even, odd)).sameAs).toEqual([0, 1]);
    expect((await surveyed(even, noise(6, 7))).sameAs).toEqual([0, 1]);
    expect((await surveyed(sum(even, times(odd, 0.1)), sum(odd, times(even, 0.1)))).sameAs).toEqual([0, 1]);
    expect((await surveyed(even, new Float32Array(even.length))).sameAs).toEqual([0, 1]);
  });

  it('knows no channel of a recording without sound, and stops when it is told to', async () => {
    expect(await surveyed(new Float32Array(0))).toEqual({ levelsDb: [new Float32Array(0)], sameAs: [0] });
    await expect(
      surveyRecording(recordingOf([noise(2, 1)], RATE_HZ), AbortSignal.abort(new Error('stop'))),
    ).rejects.toThrowError('stop');
  });
});

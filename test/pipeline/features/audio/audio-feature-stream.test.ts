import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUDIO_FEATURE_NAMES,
  createAudioFeatureStream,
  MEASURE_COUNT,
} from '../../../../pipeline/features/audio/audio-feature-stream.ts';
import { hasRavdess, RAVDESS_FOLDER, readSamples } from '../../../support/ravdess.ts';
import { createNoise, synthesize, type VoiceClip } from './clips.ts';
import { HOSTILE_AUDIO } from './hostile-audio.ts';

interface References {
  readonly mfcc: readonly number[];
  readonly egemaps: Readonly<Record<string, number>>;
}

interface Golden extends References {
  readonly clip: VoiceClip;
  readonly samples: readonly number[];
}

interface RecordingGolden extends References {
  readonly recording: string;
  readonly seconds: number;
}

const GOLDEN_FOLDER = new URL('../../../fixtures/golden/audio/', import.meta.url);
const readGolden = (name: string) => JSON.parse(readFileSync(new URL(name, GOLDEN_FOLDER), 'utf8'));
const goldens: readonly Golden[] = readGolden('synthetic-voices.json');
const recordings: readonly RecordingGolden[] = readGolden('ravdess.json');
const RATE_HZ = 16_000;

function extract(samples: Float32Array, lengthSamples = samples.length) {
  const stream = createAudioFeatureStream();
  stream.push(samples);
  return stream.finish(lengthSamples);
}

function named(features: Float32Array): Record<string, number> {
  return Object.fromEntries(AUDIO_FEATURE_NAMES.map((name, i) => [name, features[i]!]));
}

const signal = (count: number, at: (n: number) => number) => Float32Array.from({ length: count }, (_, n) => at(n));

/** Functionals that do not depend on a choice between pitches. */
const EXACT = /^(loudness_sma3_(amean|stddevNorm|perc|pctl)|(mfcc\d|spectralFlux)_sma3_amean|loudnessPeaks|equivalent)/;

/** MFCC within a thousandth of librosa's, exact functionals within a hundredth of openSMILE's. */
function expectReferences(features: Float32Array, { mfcc, egemaps }: References): void {
  const ours = named(features);
  for (const [i, expected] of mfcc.entries()) {
    expect(Math.abs(features[i]! - expected), `MFCC ${i + 1}`).toBeLessThanOrEqual(1e-3 * Math.abs(expected));
  }
  const exact = Object.entries(egemaps).filter(([name]) => EXACT.test(name));
  expect(exact.length).toBeGreaterThan(10);
  for (const [name, expected] of exact) {
    expect(Math.abs(ours[name]! - expected), name).toBeLessThanOrEqual(0.01 * Math.abs(expected) + 1e-4);
  }
}

function expectSame(features: Float32Array, expected: Float32Array): void {
  for (let i = 0; i < features.length; i++) {
    expect(Math.abs(features[i]! - expected[i]!)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(expected[i]!)));
  }
}

describe('audio feature names', () => {
  it('are 128 different ones, openSMILE’s after the MFCC', () => {
    expect(AUDIO_FEATURE_NAMES.length).toBe(MEASURE_COUNT);
    expect(new Set(AUDIO_FEATURE_NAMES).size).toBe(128);
    expect(AUDIO_FEATURE_NAMES.slice(40)).toEqual(Object.keys(goldens[0]!.egemaps));
    expect([AUDIO_FEATURE_NAMES[0], AUDIO_FEATURE_NAMES[39]]).toEqual(['mfcc01_mean', 'mfcc40_mean']);
  });
});

describe.each(goldens.map((golden) => [golden.clip.name, golden] as const))('features of a %s', (_, golden) => {
  const samples = synthesize(golden.clip);
  const { features } = extract(samples);

  it('come from the same samples as the references', () => {
    expect(Array.from(samples.subarray(1000, 1010), (x) => Number(x.toFixed(6)))).toEqual(golden.samples);
  });

  it('are librosa’s and openSMILE’s', () => expectReferences(features, golden));
});

if (!hasRavdess) console.warn(`SKIPPED: audio features of recordings, because there is no ${RAVDESS_FOLDER}`);

describe.skipIf(!hasRavdess)('features of recordings', () => {
  it.each(recordings.map((golden) => [golden.recording, golden] as const))(
    'are librosa’s and openSMILE’s for %s',
    async (recording, golden) => {
      const samples = await readSamples(RAVDESS_FOLDER + recording);
      expect(samples.length).toBe(golden.seconds * RATE_HZ);
      expectReferences(extract(samples).features, golden);
    },
  );
});

describe('audio feature stream', () => {
  const clip = goldens[1]!.clip;
  const voice = synthesize(clip);

  it('gives the same features for any cut into chunks', () => {
    const samples = voice.subarray(0, 24_000);
    const whole = extract(samples).features;
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), (sizes) => {
        const stream = createAudioFeatureStream();
        for (let at = 0, i = 0; at < samples.length; at += sizes[i++ % sizes.length]!) {
          stream.push(samples.subarray(at, at + sizes[i % sizes.length]!));
        }
        expectSame(stream.finish(samples.length).features, whole);
      }),
      { numRuns: 6 },
    );
  });

  it('forgets what was pushed beyond the end', () => {
    const noise = createNoise(9);
    for (const length of [0, 100, 959, 960, 16_000, 25_001, 32_000]) {
      const beyond = signal(voice.length, (n) => (n < length ? voice[n]! : 0.3 * noise()));
      expectSame(extract(beyond, length).features, extract(voice.slice(0, length)).features);
    }
  });

  it('may end as far before its newest sample as it was told, and no further', () => {
    const samples = synthesize({ ...clip, seconds: 12 });
    const noise = createNoise(9);
    const lookBackMs = 3000;
    const stream = (length: number) => {
      const open = createAudioFeatureStream({ lookBackMs });
      for (let at = 0; at < length; at += 16_000) open.push(samples.subarray(at, Math.min(length, at + 16_000)));
      open.push(signal(3 * RATE_HZ, () => 0.3 * noise()));
      return open;
    };
    for (const length of [20_001, 100_000, 144_000]) {
      expectSame(stream(length).finish(length).features, extract(samples.subarray(0, length)).features);
      expect(() => stream(length).finish(length - 1)).toThrow(/3000 ms/);
    }
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('refuses to look back %d ms', (lookBackMs) => {
    expect(() => createAudioFeatureStream({ lookBackMs })).toThrow(RangeError);
  });

  it.each(HOSTILE_AUDIO)('gives finite features for %s', (_, samples) => {
    const { features, quality } = extract(samples);
    expect(features.length).toBe(128);
    expect(features.every(Number.isFinite)).toBe(true);
    expect(quality).toBeGreaterThanOrEqual(0);
    expect(quality).toBeLessThanOrEqual(1);
  });

  it.each([-1, 1.5, 101, Number.NaN])('refuses an end at %d of 100 samples', (length) => {
    const stream = createAudioFeatureStream();
    stream.push(new Float32Array(100));
    expect(() => stream.finish(length)).toThrow(RangeError);
  });

  it('finds the pitch of a steady voice', () => {
    const harmonics = (n: number) =>
      [1, 2, 3, 4, 5, 6].reduce((sum, h) => sum + Math.sin((2 * Math.PI * 200 * h * n) / RATE_HZ) / h, 0);
    const ours = named(extract(signal(RATE_HZ, (n) => 0.1 * harmonics(n))).features);
    expect(ours['F0semitoneFrom27.5Hz_sma3nz_amean']).toBeCloseTo(12 * Math.log2(200 / 27.5), 0);
    expect(ours.jitterLocal_sma3nz_amean).toBeLessThan(0.01);
    expect(ours.HNRdBACF_sma3nz_amean).toBeGreaterThan(5);
  });
});

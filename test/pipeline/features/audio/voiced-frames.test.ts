import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Formants } from '../../../../pipeline/features/audio/egemaps/formants.ts';
import {
  gaussWindow,
  HOP_SAMPLES,
  hammingWindow,
  LONG_FFT_SIZE,
  LONG_FRAME_SAMPLES,
  SHORT_FFT_SIZE,
  SHORT_FRAME_SAMPLES,
} from '../../../../pipeline/features/audio/egemaps/framing.ts';
import { Harmonics } from '../../../../pipeline/features/audio/egemaps/harmonics.ts';
import { VoiceQuality } from '../../../../pipeline/features/audio/egemaps/voice-quality.ts';
import { RealFft } from '../../../../pipeline/features/audio/fft.ts';
import { synthesize, type VoiceClip } from './clips.ts';

type Descriptor = 'jitter' | 'shimmerDb' | 'hnrDb' | 'h1H2Db' | 'h1A3Db';
type Indexed = `${'formantDb' | 'formantHz' | 'bandwidthHz'}${1 | 2 | 3}`;
type Golden = { readonly clip: VoiceClip; readonly pitchHz: readonly number[] } & Readonly<
  Record<Descriptor | Indexed, readonly number[]>
>;

const goldenUrl = new URL('../../../fixtures/golden/audio/voiced-frames.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(goldenUrl, 'utf8'));
const INDICES = [1, 2, 3] as const;
const shortWindow = hammingWindow(SHORT_FRAME_SAMPLES);
const longWindow = gaussWindow(LONG_FRAME_SAMPLES, 0.4);

function transform(samples: Float32Array, start: number, window: Float64Array, fftSize: number, offset: number) {
  const frame = new Float64Array(fftSize);
  for (const [n, weight] of window.entries()) frame[offset + n] = samples[start + n]! * weight;
  const fft = new RealFft(fftSize);
  const re = new Float64Array(fft.binCount);
  const im = new Float64Array(fft.binCount);
  fft.transform(frame, re, im);
  return { re, im };
}

/** Every frame's descriptors by our classes, given the reference's pitch. */
function analyze(golden: Golden) {
  const samples = synthesize(golden.clip);
  const formants = new Formants();
  const harmonics = new Harmonics();
  const quality = new VoiceQuality();
  return golden.pitchHz.map((hz, t) => {
    const start = t * HOP_SAMPLES;
    const short = transform(samples, start, shortWindow, SHORT_FFT_SIZE, (SHORT_FFT_SIZE - SHORT_FRAME_SAMPLES) / 2);
    formants.analyze(short.re, short.im);
    const long = transform(samples, start, longWindow, LONG_FFT_SIZE, 0);
    harmonics.analyze(
      hz,
      long.re.map((re, bin) => Math.hypot(re, long.im[bin]!)),
      Float64Array.from(INDICES, (i) => golden[`formantHz${i}`][t]!),
    );
    quality.analyze(t, hz, samples);
    return {
      jitter: quality.jitter,
      shimmerDb: quality.shimmerDb,
      hnrDb: harmonics.hnrDb,
      h1H2Db: harmonics.h1H2Db,
      h1A3Db: harmonics.h1A3Db,
      formantDb: [...harmonics.formantDb],
      formantHz: [...formants.hz],
      bandwidthHz: [...formants.bandwidthHz],
    };
  });
}

describe.each(goldens.map((golden) => [golden.clip.name, golden] as const))('frames of a %s', (_, golden) => {
  const frames = analyze(golden);
  const voiced = golden.pitchHz.flatMap((hz, t) => (hz > 0 ? [t] : []));

  it('are voiced and unvoiced', () => {
    expect(voiced.length).toBeGreaterThan(20);
    expect(voiced.length).toBeLessThan(golden.pitchHz.length);
  });

  it.each(['jitter', 'shimmerDb', 'hnrDb', 'h1H2Db', 'h1A3Db'] as const)('have openSMILE’s %s', (name) => {
    for (const [t, frame] of frames.entries()) {
      const expected = golden[name][t]!;
      expect(Math.abs(frame[name] - expected), `frame ${t}`).toBeLessThanOrEqual(1e-3 * Math.abs(expected) + 1e-5);
    }
  });

  it.each(INDICES)('have openSMILE’s amplitude of formant %i, voiced or not', (i) => {
    for (const [t, frame] of frames.entries()) {
      expect(Math.abs(frame.formantDb[i - 1]! - golden[`formantDb${i}`][t]!), `frame ${t}`).toBeLessThanOrEqual(2e-3);
    }
  });

  // The reference predicts in single precision, which moves the roots of some frames.
  it.each(INDICES)('have openSMILE’s frequency and bandwidth of formant %i in most frames', (i) => {
    const near = frames.filter(
      (frame, t) =>
        Math.abs(frame.formantHz[i - 1]! - golden[`formantHz${i}`][t]!) < 2 &&
        Math.abs(frame.bandwidthHz[i - 1]! - golden[`bandwidthHz${i}`][t]!) < 5,
    );
    expect(near.length).toBeGreaterThan(0.7 * frames.length);
  });
});

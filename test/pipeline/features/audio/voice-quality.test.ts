import { describe, expect, it } from 'vitest';
import { VoiceQuality } from '../../../../pipeline/features/audio/egemaps/voice-quality.ts';
import { wasmKernels } from '../../../../pipeline/features/audio/kernels/wasm-kernels.ts';
import { createNoise } from './clips.ts';

const RATE_HZ = 16_000;
const FRAMES = 40;

/** Decaying pulses of the given periods and amplitudes, repeated for half a second. */
function pulses(periods: readonly number[], amplitudes: readonly number[]): Float32Array {
  const samples = new Float32Array(RATE_HZ / 2);
  let at = 0;
  for (let i = 0; at < samples.length; i++) {
    for (let n = 0; n < 60 && at + n < samples.length; n++) {
      samples[at + n]! += amplitudes[i % amplitudes.length]! * Math.exp(-n / 12) * Math.sin(0.7 * n);
    }
    at += periods[i % periods.length]!;
  }
  return samples;
}

function analyze(samples: Float32Array, hzAt: (frame: number) => number) {
  const quality = new VoiceQuality(wasmKernels);
  wasmKernels.samples.set(samples);
  return Array.from({ length: FRAMES }, (_, frame) => {
    quality.analyze(frame, hzAt(frame));
    return { jitter: quality.jitter, shimmerDb: quality.shimmerDb };
  });
}

describe('voice quality', () => {
  it('is without jitter and shimmer in equal pulses', () => {
    for (const { jitter, shimmerDb } of analyze(pulses([100], [0.3]), () => 160)) {
      expect(jitter).toBeLessThan(1e-6);
      expect(shimmerDb).toBeLessThan(1e-4);
    }
  });

  it('has a jitter of the difference of periods over their mean', () => {
    for (const { jitter } of analyze(pulses([98, 102], [0.3]), () => 160).slice(2)) {
      expect(Math.abs(jitter - 0.04)).toBeLessThan(0.003);
    }
  });

  it('has a shimmer of the difference of amplitudes over their mean', () => {
    const expected = 20 * Math.log10(1 + 0.1 / 0.35);
    for (const { shimmerDb } of analyze(pulses([100], [0.3, 0.4]), () => 160)) {
      expect(shimmerDb).toBeCloseTo(expected, 3);
    }
  });

  it('does not depend on the level, nor on an offset of the samples', () => {
    const voice = pulses([98, 101, 104], [0.3, 0.35]);
    const expected = analyze(voice, () => 160);
    expect(Math.max(...expected.map(({ jitter }) => jitter))).toBeGreaterThan(0.01);
    for (const [t, { jitter, shimmerDb }] of analyze(
      voice.map((x) => 0.25 * x + 0.5),
      () => 160,
    ).entries()) {
      expect(jitter).toBeCloseTo(expected[t]!.jitter, 4);
      expect(shimmerDb).toBeCloseTo(expected[t]!.shimmerDb, 2);
    }
  });

  it('keeps its values in a voiced frame whose samples are not periodic', () => {
    const voice = pulses([98, 102], [0.3, 0.4]);
    const noise = createNoise(1);
    for (let n = 3200; n < 4800; n++) voice[n] = 0.3 * noise();
    const frames = analyze(voice, () => 160);
    // From frame 22 on, all that is read lies in the noise.
    expect(frames[23]).toEqual(frames[22]);
    expect(frames[23]!.shimmerDb).toBeGreaterThan(0);
  });

  it('is unknown in unvoiced frames, and the jitter also in a voiced stretch’s first', () => {
    const frames = analyze(pulses([98, 102], [0.3, 0.4]), (frame) => (frame >= 10 && frame < 20 ? 0 : 160));
    for (const frame of frames.slice(10, 20)) expect(frame).toEqual({ jitter: 0, shimmerDb: 0 });
    expect(frames[20]!.jitter).toBe(0);
    expect(frames[20]!.shimmerDb).toBeGreaterThan(0);
    expect(frames[9]!.jitter).toBeGreaterThan(0.03);
  });

  it('is the same when frames are analysed again from any frame on', () => {
    const voice = pulses([97, 99, 103, 110], [0.3, 0.35, 0.4]);
    const hzAt = (frame: number) => (frame % 13 === 0 ? 0 : 150 + frame);
    const expected = analyze(voice, hzAt);
    const quality = new VoiceQuality(wasmKernels);
    for (const from of [0, 30, 5, 13, 1]) {
      for (let frame = from; frame < FRAMES; frame++) {
        quality.analyze(frame, hzAt(frame));
        expect([quality.jitter, quality.shimmerDb]).toEqual([expected[frame]!.jitter, expected[frame]!.shimmerDb]);
      }
    }
  });

  it.each([55, 60, 90, 500, 1000])('reads no sample beyond the frame’s 60 ms at a pitch of %i Hz', (hz) => {
    const voice = pulses([RATE_HZ / hz], [0.3]).subarray(0, RATE_HZ / 2);
    for (const last of [0, 1, 7, 20]) {
      const quality = new VoiceQuality(wasmKernels);
      const cut = new VoiceQuality(wasmKernels);
      const end = last * 160 + 960;
      const spoilt = voice.map((x, n) => (n < end ? x : Number.NaN));
      for (let frame = 0; frame <= last; frame++) {
        wasmKernels.samples.set(voice);
        quality.analyze(frame, hz);
        wasmKernels.samples.set(spoilt);
        cut.analyze(frame, hz);
      }
      expect([cut.jitter, cut.shimmerDb]).toEqual([quality.jitter, quality.shimmerDb]);
    }
  });

  it.each([
    ['silence', new Float32Array(RATE_HZ / 2)],
    ['a constant', new Float32Array(RATE_HZ / 2).fill(0.4)],
  ])('stays zero in %s', (_, samples) => {
    for (const frame of analyze(samples, () => 160)) expect(frame).toEqual({ jitter: 0, shimmerDb: 0 });
  });
});

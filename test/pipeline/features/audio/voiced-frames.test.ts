import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Formants } from '../../../../pipeline/features/audio/egemaps/formants.ts';
import { HOP_SAMPLES } from '../../../../pipeline/features/audio/egemaps/framing.ts';
import { Harmonics } from '../../../../pipeline/features/audio/egemaps/harmonics.ts';
import { VoiceQuality } from '../../../../pipeline/features/audio/egemaps/voice-quality.ts';
import type { VoiceKernels } from '../../../../pipeline/features/audio/kernels/voice-kernels.ts';
import { wasmKernels } from '../../../../pipeline/features/audio/kernels/wasm-kernels.ts';
import { createPlainKernels } from '../../../support/plain-kernels/plain-kernels.ts';
import { synthesize, type VoiceClip } from './clips.ts';

type Descriptor = 'jitter' | 'shimmerDb' | 'hnrDb' | 'h1H2Db' | 'h1A3Db';
type Indexed = `${'formantDb' | 'formantHz' | 'bandwidthHz'}${1 | 2 | 3}`;
type Golden = { readonly clip: VoiceClip; readonly pitchHz: readonly number[] } & Readonly<
  Record<Descriptor | Indexed, readonly number[]>
>;

const goldenUrl = new URL('../../../fixtures/golden/audio/voiced-frames.json', import.meta.url);
const goldens: readonly Golden[] = JSON.parse(readFileSync(goldenUrl, 'utf8'));
const INDICES = [1, 2, 3] as const;
const plainKernels = createPlainKernels();

/** Every frame's descriptors by our classes, given the reference's pitch. */
function analyze(golden: Golden, kernels: VoiceKernels) {
  const formants = new Formants(kernels);
  const harmonics = new Harmonics(kernels);
  const quality = new VoiceQuality(kernels);
  kernels.samples.set(synthesize(golden.clip));
  return golden.pitchHz.map((hz, t) => {
    const start = t * HOP_SAMPLES;
    formants.analyze(start);
    kernels.transformLong(start);
    harmonics.analyze(
      hz,
      Float64Array.from(INDICES, (i) => golden[`formantHz${i}`][t]!),
    );
    quality.analyze(t, hz);
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

const CASES = goldens.flatMap((golden) => [
  [golden.clip.name, 'in WebAssembly', golden, wasmKernels] as const,
  [golden.clip.name, 'in plain TypeScript', golden, plainKernels] as const,
]);

describe.each(CASES)('frames of a %s, with kernels %s,', (_, __, golden, kernels) => {
  const frames = analyze(golden, kernels);
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

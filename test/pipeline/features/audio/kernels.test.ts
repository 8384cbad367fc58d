import { describe, expect, it } from 'vitest';
import {
  AUDIO_FEATURE_NAMES,
  createAudioFeatureStream,
} from '../../../../pipeline/features/audio/audio-feature-stream.ts';
import { Formants } from '../../../../pipeline/features/audio/egemaps/formants.ts';
import {
  KERNEL_SAMPLES,
  MOST_PEAKS,
  PEAK_VALUES,
  type VoiceKernels,
} from '../../../../pipeline/features/audio/kernels/voice-kernels.ts';
import { openWasmKernels, wasmKernels } from '../../../../pipeline/features/audio/kernels/wasm-kernels.ts';
import { createPlainKernels } from '../../../support/plain-kernels/plain-kernels.ts';
import { createNoise, synthesize } from './clips.ts';
import { HOSTILE_AUDIO } from './hostile-audio.ts';

const RATE_HZ = 16_000;
const HOP_SAMPLES = 800;
/** The longest frame. */
const REACH_SAMPLES = 2048;
/** Numbers this small come from sounds that nobody hears. The kernels take those for silence. */
const INAUDIBLE = 1e-12;
const plain = createPlainKernels();

const signal = (at: (n: number) => number) => Float32Array.from({ length: RATE_HZ }, (_, n) => at(n));
const voiceAt = (pitchHz: number, noise: number) =>
  synthesize({ name: '', seconds: 1.4, pitchHz, vibratoHz: 5, resonancesHz: [500, 1500, 2600], noise, seed: 3 });
const noise = createNoise(11);

/** Sounds as they occur. */
const NATURAL = [
  ['a low voice', voiceAt(90, 0.01)],
  ['a high voice', voiceAt(260, 0.002)],
  ['a voice in noise', voiceAt(140, 0.1)],
  ['noise', signal(() => 0.3 * noise())],
  ['a faint voice', voiceAt(120, 0.01).map((x) => Math.round(32_768 * 0.003 * x) / 32_768)],
] as const;

/** Sounds that strain single precision. */
const EXTREME = [
  ...HOSTILE_AUDIO.filter(([, { length }]) => length >= RATE_HZ),
  ['a square wave at full scale', signal((n) => (n % 80 < 40 ? 1 : -1))],
  ['the smallest numbers', signal(() => 1e-42 * noise())],
  ['the smallest step of 16 bits', signal((n) => (n % 3 === 0 ? 2 ** -15 : 0))],
  ['samples beyond full scale', signal(() => 100 * noise())],
] as const;

const CASES = [...NATURAL, ...EXTREME] as readonly (readonly [string, Float32Array])[];

/** Calls `compare` with the start of each frame, after both kernels got the samples. */
function eachFrame(samples: Float32Array, compare: (at: number) => void): void {
  const part = samples.subarray(0, KERNEL_SAMPLES);
  wasmKernels.samples.set(part);
  plain.samples.set(part);
  for (let at = 0; at + REACH_SAMPLES <= part.length; at += HOP_SAMPLES) compare(at);
}

/** Both lists agree within `relative` of the expected value plus `share` of the largest one. */
function expectNear(values: ArrayLike<number>, expected: ArrayLike<number>, relative: number, share: number): void {
  const largest = Math.max(...Array.from(expected, Math.abs));
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const allowed = relative * Math.abs(expected[i]!) + share * largest + INAUDIBLE;
    // Only the numbers that fail are worth an assertion: there are many.
    if (!(Math.abs(values[i]! - expected[i]!) <= allowed)) {
      expect.fail(`value ${i}: ${values[i]} instead of ${expected[i]}, largest ${largest}`);
    }
  }
}

function featuresOf(samples: Float32Array, kernels: VoiceKernels) {
  const stream = createAudioFeatureStream({}, kernels);
  stream.push(samples);
  return stream.finish(samples.length);
}

const powers = (logs: Float32Array, perDecade: number) => Array.from(logs, (log) => 10 ** (log / perDecade));

describe.each(CASES)('the kernels in WebAssembly agree with plain TypeScript on %s', (_, samples) => {
  it('in spectra: within a millionth of the strongest bin', () => {
    eachFrame(samples, (at) => {
      expectNear([wasmKernels.transformLong(at)], [plain.transformLong(at)], 1e-5, 0);
      expectNear(wasmKernels.magnitudes, plain.magnitudes, 0, 1e-6);
      wasmKernels.magnitudes.set(plain.magnitudes);
      wasmKernels.correlateMagnitudes();
      plain.correlateMagnitudes();
      expectNear(wasmKernels.correlation, plain.correlation, 0, 1e-6);
      expectNear([wasmKernels.analyzeQuality(at)], [plain.analyzeQuality(at)], 1e-5, 0);
      expectNear(wasmKernels.qualityPower, plain.qualityPower, 1e-4, 1e-9);
    });
  });

  it('in mel bands: within a thousandth, and a part in 10⁹ of the strongest band', () => {
    eachFrame(samples, (at) => {
      for (const kernels of [wasmKernels, plain]) {
        kernels.analyzeMfcc(at);
        kernels.analyzeMel(at);
      }
      expectNear(powers(wasmKernels.mfccDecibels, 10), powers(plain.mfccDecibels, 10), 1e-3, 1e-9);
      expectNear(powers(wasmKernels.melLogs, 1), powers(plain.melLogs, 1), 1e-3, 1e-9);
    });
  });

  it('in energy and loudness: within a part in 10⁴', () => {
    eachFrame(samples, (at) => {
      wasmKernels.analyzeShort(at);
      plain.analyzeShort(at);
      const [energy, loudness] = plain.shortValues;
      expectNear(wasmKernels.shortValues.subarray(0, 1), [energy!], 1e-4, 0);
      expectNear(wasmKernels.shortValues.subarray(1, 2), [loudness!], 1e-4, 0);
      expect(wasmKernels.shortValues.every(Number.isFinite)).toBe(true);
    });
  });

  it('in periods: the same lag, and its measures within a millionth', () => {
    eachFrame(samples, (at) => {
      for (const [shortest, longest] of [
        [1, 17],
        [72, 88],
        [144, 177],
        [261, 319],
        [430, 478],
      ] as const) {
        const found = wasmKernels.matchPeriod(at, shortest, longest);
        expect(found).toBe(plain.matchPeriod(at, shortest, longest));
        if (found === 1) expectNear(wasmKernels.period, plain.period, 1e-6, 1e-9);
      }
    });
  });
});

describe.each(NATURAL)('the kernels in WebAssembly agree with plain TypeScript on %s', (_, samples) => {
  it('in the shape of the spectrum: within a hundredth of a decibel', () => {
    eachFrame(samples, (at) => {
      wasmKernels.analyzeShort(at);
      plain.analyzeShort(at);
      for (const [i, expected] of plain.shortValues.entries()) {
        expect(Math.abs(wasmKernels.shortValues[i]! - expected), `value ${i}`).toBeLessThan(
          1e-3 + 1e-4 * Math.abs(expected),
        );
      }
    });
  });

  it('in the peaks of the subharmonic sum: the same points, and heights within a part in 10⁵', () => {
    eachFrame(samples, (at) => {
      plain.transformLong(at);
      wasmKernels.magnitudes.set(plain.magnitudes);
      const found = wasmKernels.findSubharmonicPeaks();
      expect(found).toBe(plain.findSubharmonicPeaks());
      expectNear(
        wasmKernels.peaks.subarray(0, found * PEAK_VALUES),
        plain.peaks.subarray(0, found * PEAK_VALUES),
        1e-5,
        0,
      );
      const total = MOST_PEAKS * PEAK_VALUES;
      expectNear(wasmKernels.peaks.subarray(total), plain.peaks.subarray(total), 1e-5, 0);
    });
  });

  it('in formants: within a tenth of a hertz', () => {
    const [ours, expected] = [new Formants(wasmKernels), new Formants(plain)];
    eachFrame(samples, (at) => {
      ours.analyze(at);
      expected.analyze(at);
      for (let f = 0; f < 3; f++) {
        expect(Math.abs(ours.hz[f]! - expected.hz[f]!)).toBeLessThan(0.1);
        expect(Math.abs(ours.bandwidthHz[f]! - expected.bandwidthHz[f]!)).toBeLessThan(
          0.1 + 1e-3 * expected.bandwidthHz[f]!,
        );
      }
    });
  });

  it('in all features of an utterance: within a thousandth', () => {
    const [ours, expected] = [featuresOf(samples, wasmKernels), featuresOf(samples, plain)];
    for (const [i, value] of expected.features.entries()) {
      const allowed = 1e-3 * Math.abs(value) + 1e-4;
      expect(Math.abs(ours.features[i]! - value), AUDIO_FEATURE_NAMES[i]).toBeLessThanOrEqual(allowed);
    }
    expect(ours.quality).toBeCloseTo(expected.quality, 4);
  });
});

describe('the kernels in WebAssembly', () => {
  it('have memory of their own each time they are opened', () => {
    const [one, other] = [openWasmKernels(), openWasmKernels()];
    one.samples.fill(0.5);
    one.analyzeQuality(0);
    expect(other.samples.every((sample) => sample === 0)).toBe(true);
    expect(other.qualityPower.every((power) => power === 0)).toBe(true);
  });

  it('read no further than their samples at the end of these', () => {
    wasmKernels.samples.fill(0.1);
    expect(() => wasmKernels.analyzeMfcc(KERNEL_SAMPLES - 2048)).not.toThrow();
    expect(() => wasmKernels.analyzeMfcc(2 ** 29)).toThrow(WebAssembly.RuntimeError);
  });
});

import type { VoiceKernels } from '../../../pipeline/features/audio/kernels/voice-kernels.ts';
import { wasmKernels } from '../../../pipeline/features/audio/kernels/wasm-kernels.ts';
import { createPlainKernels } from '../../support/plain-kernels/plain-kernels.ts';
import { nearestRank } from '../statistics.ts';

const CALLS = 500;
const ROUNDS = 21;
/** Distance of the frames that are measured, samples. */
const HOP_SAMPLES = 60;

export interface KernelSpeed {
  readonly name: string;
  /** Median processor time of a call, µs. */
  readonly wasmUs: number;
  readonly plainUs: number;
}

/** Each kernel by itself, as it is called for a frame. */
const KERNELS: readonly (readonly [name: string, call: (kernels: VoiceKernels, at: number) => void])[] = [
  ['frame of 20 ms: spectrum, loudness, cepstrum, shape', (kernels, at) => kernels.analyzeShort(at)],
  ['frame of 60 ms: spectrum', (kernels, at) => kernels.transformLong(at)],
  ['subharmonic sum and its peaks', (kernels) => kernels.findSubharmonicPeaks()],
  ['autocorrelation', (kernels) => kernels.correlateMagnitudes()],
  ['linear prediction and its roots', (kernels, at) => kernels.findFormantRoots(at)],
  ['matching of a period of 8 ms', (kernels, at) => kernels.matchPeriod(at, 115, 140)],
  ['128 mel bands of 2048 samples', (kernels, at) => kernels.analyzeMfcc(at)],
  ['80 mel bands of 400 samples', (kernels, at) => kernels.analyzeMel(at)],
  ['spectrum for the quality', (kernels, at) => kernels.analyzeQuality(at)],
];

/** Times the kernels of both kinds in turns on a recording's first samples. */
export function measureKernels(samples: Float32Array): KernelSpeed[] {
  const plainKernels = createPlainKernels();
  for (const kernels of [wasmKernels, plainKernels]) kernels.samples.set(samples.subarray(0, kernels.samples.length));
  return KERNELS.map(([name, call]) => {
    const times = { wasm: [] as number[], plain: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      times.wasm.push(timeOf(wasmKernels, call));
      times.plain.push(timeOf(plainKernels, call));
    }
    return { name, wasmUs: nearestRank(times.wasm, 0.5), plainUs: nearestRank(times.plain, 0.5) };
  });
}

function timeOf(kernels: VoiceKernels, call: (kernels: VoiceKernels, at: number) => void): number {
  kernels.transformLong(HOP_SAMPLES * 100);
  const { user, system } = process.cpuUsage();
  for (let i = 0; i < CALLS; i++) call(kernels, i * HOP_SAMPLES);
  const now = process.cpuUsage();
  return (now.user - user + now.system - system) / CALLS;
}

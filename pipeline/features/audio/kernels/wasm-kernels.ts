import { readFileSync } from 'node:fs';
import { fillTables } from './fill-tables.ts';
import { KERNEL_SAMPLES, MOST_PEAKS, PEAK_VALUES, type VoiceKernels } from './voice-kernels.ts';

/** What the module exports besides its functions. Of a variable it is the address. */
type Variables = Readonly<Record<string, WebAssembly.Global>>;

interface Functions {
  readonly memory: WebAssembly.Memory;
  analyze_short(at: number): void;
  transform_long(at: number): number;
  find_subharmonic_peaks(): number;
  correlate_magnitudes(): void;
  find_formant_roots(at: number): number;
  match_period(at: number, shortest: number, longest: number): number;
  analyze_mfcc(at: number): void;
  analyze_mel(at: number): void;
  analyze_quality(at: number): number;
}

/** Opens `kernels.wasm`, which `build.sh` makes from `source/`. Its memory never grows, so that views of it stay valid. */
export function openWasmKernels(): VoiceKernels {
  const module = new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  const exports = new WebAssembly.Instance(module).exports as unknown as Functions & Variables;
  const { buffer } = exports.memory;
  const floats = (name: string, count: number) => new Float32Array(buffer, exports[name]!.value, count);
  const doubles = (name: string, count: number) => new Float64Array(buffer, exports[name]!.value, count);
  const integers = (name: string, count: number) => new Int32Array(buffer, exports[name]!.value, count);
  fillTables({ floats, doubles, integers });
  return {
    samples: floats('samples', KERNEL_SAMPLES),
    analyzeShort: exports.analyze_short,
    shortValues: floats('short_values', 11),
    fluxMagnitudes: floats('flux_magnitudes', 160),
    transformLong: exports.transform_long,
    magnitudes: floats('magnitudes', 513),
    findSubharmonicPeaks: exports.find_subharmonic_peaks,
    peaks: floats('peaks', PEAK_VALUES * MOST_PEAKS + 1),
    correlateMagnitudes: exports.correlate_magnitudes,
    correlation: floats('correlation', 513),
    findFormantRoots: exports.find_formant_roots,
    rootsRe: doubles('roots_re', 11),
    rootsIm: doubles('roots_im', 11),
    matchPeriod: exports.match_period,
    period: doubles('period_values', 5),
    analyzeMfcc: exports.analyze_mfcc,
    mfccDecibels: floats('mfcc_decibels', 128),
    analyzeMel: exports.analyze_mel,
    melLogs: floats('mel_logs', 80),
    analyzeQuality: exports.analyze_quality,
    qualityPower: floats('quality_power', 257),
  };
}

/** The kernels of this thread. */
export const wasmKernels: VoiceKernels = openWasmKernels();

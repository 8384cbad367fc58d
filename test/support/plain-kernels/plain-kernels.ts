import { LONG_FFT_SIZE, SHORT_FFT_SIZE } from '../../../pipeline/features/audio/egemaps/framing.ts';
import {
  LONG_WINDOW,
  MEL_WINDOW,
  MFCC_WINDOW,
  QUALITY_WINDOW,
  SHORT_WINDOW,
} from '../../../pipeline/features/audio/kernels/tables/frame-windows.ts';
import { MEL_BANDS, MFCC_BANDS } from '../../../pipeline/features/audio/kernels/tables/mel-bands.ts';
import {
  KERNEL_SAMPLES,
  MOST_PEAKS,
  PEAK_VALUES,
  type VoiceKernels,
} from '../../../pipeline/features/audio/kernels/voice-kernels.ts';
import { applyFilterBank } from './apply-filter-bank.ts';
import { AuditorySpectrum } from './auditory-spectrum.ts';
import { LinearPrediction } from './linear-prediction.ts';
import { OctaveSpectrum } from './octave-spectrum.ts';
import { PeriodMatcher, peakToPeak } from './period-matcher.ts';
import { RealFft } from './real-fft.ts';
import { RootFinder } from './root-finder.ts';
import { SpectralShape } from './spectral-shape.ts';
import { SubharmonicSum } from './subharmonic-sum.ts';

const MFCC_SIZE = 2048;
const SHORT_OFFSET = (SHORT_FFT_SIZE - SHORT_WINDOW.length) / 2;
const POWER_FLOOR = 1e-10;

/** The voice's kernels in plain TypeScript and double precision: what those in WebAssembly are compared with. */
export function createPlainKernels(): VoiceKernels {
  const samples = new Float32Array(KERNEL_SAMPLES);
  const ffts = new Map([SHORT_FFT_SIZE, LONG_FFT_SIZE, MFCC_SIZE].map((size) => [size, new RealFft(size)]));
  const frame = new Float64Array(MFCC_SIZE);
  const power = new Float64Array(MFCC_SIZE / 2 + 1);
  const [re, im] = [new Float64Array(LONG_FFT_SIZE / 2 + 1), new Float64Array(LONG_FFT_SIZE / 2 + 1)];
  const auditory = new AuditorySpectrum();
  const shape = new SpectralShape();
  const octaves = new OctaveSpectrum();
  const subharmonics = new SubharmonicSum();
  const prediction = new LinearPrediction();
  const roots = new RootFinder();
  const matcher = new PeriodMatcher();
  const shortValues = new Float32Array(11);
  const magnitudes = new Float32Array(LONG_FFT_SIZE / 2 + 1);
  const correlation = new Float32Array(LONG_FFT_SIZE / 2 + 1);
  const peaks = new Float32Array(MOST_PEAKS * PEAK_VALUES + 1);
  const period = new Float64Array(5);
  const mfccBands = new Float64Array(MFCC_BANDS.bandCount);
  const mfccDecibels = new Float32Array(MFCC_BANDS.bandCount);
  const melBands = new Float64Array(MEL_BANDS.bandCount);
  const melLogs = new Float32Array(MEL_BANDS.bandCount);
  const qualityPower = new Float32Array(257);

  /** Fills the frame's `size` samples. Returns the energy of the samples before and behind the window. */
  const windowed = (at: number, window: Float64Array, size: number, offset = 0) => {
    let [before, behind] = [0, 0];
    frame.fill(0, 0, size);
    for (let n = 0; n < window.length; n++) {
      const sample = samples[at + n]!;
      const value = sample * window[n]!;
      before += sample * sample;
      behind += value * value;
      frame[offset + n] = value;
    }
    return { before, behind };
  };
  const powerOf = (size: number) => ffts.get(size)!.power(frame, power);

  return {
    samples,
    shortValues,
    fluxMagnitudes: shape.magnitudes,
    magnitudes,
    peaks,
    correlation,
    rootsRe: roots.re,
    rootsIm: roots.im,
    period,
    mfccDecibels,
    melLogs,
    qualityPower,
    analyzeShort(at) {
      const { before } = windowed(at, SHORT_WINDOW, SHORT_FFT_SIZE, SHORT_OFFSET);
      powerOf(SHORT_FFT_SIZE);
      auditory.analyze(power);
      shape.analyze(power);
      const { alphaRatio, hammarbergIndex, slope0To500, slope500To1500, flux } = shape;
      const { loudness, cepstrum } = auditory;
      const energy = before / SHORT_WINDOW.length;
      shortValues.set([energy, loudness, alphaRatio, hammarbergIndex, slope0To500, slope500To1500, flux, ...cepstrum]);
    },
    transformLong(at) {
      const { behind } = windowed(at, LONG_WINDOW, LONG_FFT_SIZE);
      powerOf(LONG_FFT_SIZE);
      for (let bin = 0; bin < magnitudes.length; bin++) magnitudes[bin] = Math.sqrt(power[bin]!);
      return behind;
    },
    findSubharmonicPeaks() {
      octaves.analyze(magnitudes);
      return subharmonics.analyze(octaves.values, peaks);
    },
    correlateMagnitudes() {
      for (let bin = 0; bin < magnitudes.length; bin++) {
        frame[bin] = magnitudes[bin]! ** 2;
        if (bin > 0) frame[LONG_FFT_SIZE - bin] = frame[bin]!;
      }
      ffts.get(LONG_FFT_SIZE)!.transform(frame, re, im);
      correlation.set(re);
    },
    findFormantRoots(at) {
      windowed(at, SHORT_WINDOW, SHORT_FFT_SIZE, SHORT_OFFSET);
      ffts.get(SHORT_FFT_SIZE)!.transform(frame, re, im);
      const polynomial = prediction.analyze(re, im);
      if (polynomial === null) return 0;
      roots.find(polynomial);
      return 1;
    },
    matchPeriod(at, shortest, longest) {
      if (!matcher.match(samples, at, shortest, longest)) return 0;
      const { lag, length, correlation: height } = matcher;
      period.set([lag, length, height, peakToPeak(samples, at, lag), peakToPeak(samples, at + lag, lag)]);
      return 1;
    },
    analyzeMfcc(at) {
      windowed(at, MFCC_WINDOW, MFCC_SIZE);
      powerOf(MFCC_SIZE);
      applyFilterBank(MFCC_BANDS, power, mfccBands);
      for (const [i, value] of mfccBands.entries()) mfccDecibels[i] = 10 * Math.log10(Math.max(POWER_FLOOR, value));
    },
    analyzeMel(at) {
      windowed(at, MEL_WINDOW, SHORT_FFT_SIZE);
      powerOf(SHORT_FFT_SIZE);
      applyFilterBank(MEL_BANDS, power, melBands);
      const narrower = MEL_WINDOW.length / SHORT_FFT_SIZE;
      for (const [i, value] of melBands.entries()) melLogs[i] = Math.log10(Math.max(POWER_FLOOR, value * narrower));
    },
    analyzeQuality(at) {
      const { behind } = windowed(at, QUALITY_WINDOW, SHORT_FFT_SIZE);
      powerOf(SHORT_FFT_SIZE);
      qualityPower.set(power.subarray(0, qualityPower.length));
      return behind;
    },
  };
}

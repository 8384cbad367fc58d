import MeydaModule from 'meyda';
import { SAMPLE_RATE_HZ } from '../../media/media-time.ts';
import { Contour } from './egemaps/contour.ts';
import type { VoiceKernels } from './kernels/voice-kernels.ts';
import { wasmKernels } from './kernels/wasm-kernels.ts';
import type { SampleBuffer } from './sample-buffer.ts';

/**
 * Meyda's measure without its transform, which takes many times as long as the one here. Meyda's types leave it out. They also describe its ES module, but Node loads its CommonJS module, whose exports are the default export.
 */
const { featureExtractors: meyda } = MeydaModule as unknown as {
  readonly featureExtractors: {
    spectralFlatness(of: { readonly ampSpectrum: Float32Array }): number;
  };
};

/** How good the audio of an utterance is. */
export interface SignalQuality {
  /** 0 (useless) … 1 (clean). */
  readonly quality: number;
  /** `absent`: nothing is audible; `noisy`: the quality is below {@link NOISY_VOICE_BELOW}. */
  readonly state: 'ok' | 'noisy' | 'absent';
  /** Level of loud frames divided by that of quiet frames, dB: an estimate of the signal-to-noise ratio. */
  readonly snrDb: number;
  /** Median spectral flatness of the louder half, 0 (tonal) … 1 (white noise). */
  readonly flatness: number;
  /** Share of samples at full scale, 0…1. */
  readonly clipping: number;
  /** Power of the louder half above the telephone's band (4.25…7.75 kHz) over that inside it (0.3…3.4 kHz), dB. */
  readonly wideBandDb: number;
}

/** An utterance of lower quality is `noisy`. White noise 5 dB below the voice gives a lower quality. */
export const NOISY_VOICE_BELOW = 0.3;

const FRAME_SAMPLES = 512;
/** One frame every 64 ms is enough for statistics of a whole utterance. */
const STRIDE_SAMPLES = 1024;
/** If the root mean square of the loudest frames is below this, nothing is audible (−66 dBFS). */
const AUDIBLE_RMS = 5e-4;
const FULL_SCALE = 0.999;
/** Between these two figures, each score rises from 0 to 1. */
const SNR_DB = { worst: 3, best: 20 };
const FLATNESS = { worst: 0.8, best: 0.3 };
const CLIPPING = { worst: 0.1, best: 0 };
/** A voice sampled at 8 kHz has only the resampler's images in that band (below −60 dB). Sibilants give −35 dB. */
const WIDE_BAND_DB = { worst: -50, best: -40 };
/** Factor of the quality of a voice in the telephone's band. */
const NARROW_BAND_QUALITY = 0.8;

const BIN_HZ = SAMPLE_RATE_HZ / FRAME_SAMPLES;
const TELEPHONE_BINS = binsOf(300, 3400);
const WIDE_BINS = binsOf(4250, 7750);

/** Measures the quality of an utterance's audio while it arrives. */
export class SignalQualityStream {
  readonly #buffer: SampleBuffer;
  readonly #kernels: VoiceKernels;
  readonly #magnitudes = new Float32Array(FRAME_SAMPLES / 2);
  readonly #rms = new Contour();
  readonly #flatness = new Contour();
  readonly #clipping = new Contour();
  readonly #telephonePower = new Contour();
  readonly #widePower = new Contour();
  #frameCount = 0;

  constructor(buffer: SampleBuffer, kernels: VoiceKernels = wasmKernels) {
    this.#buffer = buffer;
    this.#kernels = kernels;
  }

  /** Measures the frames that the buffer completes. */
  advance(): void {
    while (this.#frameCount * STRIDE_SAMPLES + FRAME_SAMPLES <= this.#buffer.length) {
      this.#measure(this.#frameCount++, this.#buffer.length);
    }
  }

  /** @param lengthSamples where the utterance ends; at most what the buffer holds. */
  finish(lengthSamples: number): SignalQuality {
    let frames = Math.max(0, Math.floor((lengthSamples - FRAME_SAMPLES) / STRIDE_SAMPLES) + 1);
    if (frames === 0 && lengthSamples > 0) {
      this.#measure(0, lengthSamples);
      frames = 1;
    }
    const sorted = this.#rms.values.slice(0, frames).sort();
    const loudRms = at(sorted, 0.9);
    if (loudRms < AUDIBLE_RMS) {
      return { quality: 0, state: 'absent', snrDb: 0, flatness: 0, clipping: 0, wideBandDb: 0 };
    }
    const snrDb = 20 * Math.log10(loudRms / Math.max(at(sorted, 0.1), 1e-6));
    const flatness = this.#loudFlatness(frames, at(sorted, 0.5));
    const wideBandDb = this.#loudWideBandDb(frames, at(sorted, 0.5));
    const band = NARROW_BAND_QUALITY + (1 - NARROW_BAND_QUALITY) * score(wideBandDb, WIDE_BAND_DB);
    const clipping = this.#clipping.values.subarray(0, frames).reduce((sum, share) => sum + share, 0) / frames;
    const clean = (score(snrDb, SNR_DB) + score(flatness, FLATNESS)) / 2;
    const quality = clean * score(clipping, CLIPPING) * band;
    return { quality, state: quality < NOISY_VOICE_BELOW ? 'noisy' : 'ok', snrDb, flatness, clipping, wideBandDb };
  }

  #loudFlatness(frames: number, medianRms: number): number {
    const loud = this.#flatness.values.slice(0, frames).filter((_, frame) => this.#rms.at(frame) >= medianRms);
    return at(loud.sort(), 0.5);
  }

  #loudWideBandDb(frames: number, medianRms: number): number {
    let [telephone, wide] = [0, 0];
    for (let frame = 0; frame < frames; frame++) {
      if (this.#rms.at(frame) < medianRms) continue;
      telephone += this.#telephonePower.at(frame);
      wide += this.#widePower.at(frame);
    }
    return 10 * Math.log10((wide + 1e-12) / (telephone + 1e-12));
  }

  #measure(frame: number, lengthSamples: number): void {
    const { samples, qualityPower } = this.#kernels;
    const start = frame * STRIDE_SAMPLES;
    const count = Math.min(FRAME_SAMPLES, lengthSamples - start);
    this.#buffer.copyTo(samples, start, start + count);
    samples.fill(0, count, FRAME_SAMPLES);
    let clipped = 0;
    for (let n = 0; n < count; n++) if (Math.abs(samples[n]!) >= FULL_SCALE) clipped++;
    const energy = this.#kernels.analyzeQuality(0);
    for (let bin = 0; bin < this.#magnitudes.length; bin++) this.#magnitudes[bin] = Math.sqrt(qualityPower[bin]!);
    this.#clipping.set(frame, clipped / FRAME_SAMPLES);
    this.#rms.set(frame, Math.sqrt(energy / FRAME_SAMPLES));
    this.#flatness.set(frame, finite(meyda.spectralFlatness({ ampSpectrum: this.#magnitudes })));
    this.#telephonePower.set(frame, powerIn(qualityPower, TELEPHONE_BINS));
    this.#widePower.set(frame, powerIn(qualityPower, WIDE_BINS));
  }
}

interface Bins {
  readonly first: number;
  readonly last: number;
}

function binsOf(fromHz: number, toHz: number): Bins {
  return { first: Math.ceil(fromHz / BIN_HZ), last: Math.floor(toHz / BIN_HZ) };
}

function powerIn(spectrum: Float32Array, { first, last }: Bins): number {
  let power = 0;
  for (let bin = first; bin <= last; bin++) power += spectrum[bin]!;
  return power;
}

/** Meyda divides by the spectrum's sum, which silence makes zero. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function at(sorted: Float32Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.floor(share * (sorted.length - 1))]!;
}

function score(value: number, { worst, best }: { readonly worst: number; readonly best: number }): number {
  return Math.max(0, Math.min(1, (value - worst) / (best - worst)));
}

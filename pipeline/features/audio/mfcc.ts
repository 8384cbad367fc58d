import { SAMPLE_RATE_HZ } from '../../media/media-time.ts';
import { RealFft } from './fft.ts';
import { applyFilterBank, slaneyFilterBank } from './mel.ts';
import type { SampleBuffer } from './sample-buffer.ts';

/** Number of mel-frequency cepstral coefficients. */
export const MFCC_COUNT = 40;

const FFT_SIZE = 2048;
const HOP_SAMPLES = 512;
const BAND_COUNT = 128;
/** Samples before an utterance's end that must still be held when it ends. */
export const MFCC_REACH_SAMPLES = FFT_SIZE + HOP_SAMPLES;
const POWER_FLOOR = 1e-10;
const DYNAMIC_RANGE_DB = 80;
/** Number of frames whose decibels share one block of memory: 2 s. */
const BLOCK_FRAMES = 64;

const filters = slaneyFilterBank(BAND_COUNT, FFT_SIZE, SAMPLE_RATE_HZ);
const window = Float64Array.from({ length: FFT_SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT_SIZE));
const cosines = dctRows();

/**
 * Mean over an utterance of `librosa.feature.mfcc(y, sr=16000, n_mfcc=40)` (librosa 0.11 defaults: periodic Hann window
 * of 2048, hop 512, frames centred with zero padding, 128 Slaney mel bands, decibels floored 80 dB under the
 * utterance's maximum, orthonormal DCT-II).
 *
 * Frames that lie entirely inside the samples so far are computed at once. Frames that reach past the end are computed in
 * `finish`. The decibels of all frames are kept, because the loudest frame sets the floor of the others.
 */
export class MfccStream {
  readonly #buffer: SampleBuffer;
  readonly #fft = new RealFft(FFT_SIZE);
  readonly #frame = new Float64Array(FFT_SIZE);
  readonly #power = new Float64Array(this.#fft.binCount);
  readonly #bands = new Float64Array(BAND_COUNT);
  /** Decibels of the frames' bands, one row per frame. */
  readonly #blocks: Float32Array[] = [];
  #frameCount = 0;

  /** @param buffer must hold {@link MFCC_REACH_SAMPLES} before any end. */
  constructor(buffer: SampleBuffer) {
    this.#buffer = buffer;
  }

  /** Computes the frames that the buffer completes. */
  advance(): void {
    while (this.#frameCount * HOP_SAMPLES + FFT_SIZE / 2 <= this.#buffer.length) {
      this.#compute(this.#frameCount++, this.#buffer.length);
    }
  }

  /**
   * @param lengthSamples where the utterance ends; at most what was appended to the buffer.
   * @param output receives {@link MFCC_COUNT} means; zeros for an empty utterance.
   */
  finish(lengthSamples: number, output: Float32Array): void {
    output.fill(0, 0, MFCC_COUNT);
    if (lengthSamples === 0) return;
    const frames = 1 + Math.floor(lengthSamples / HOP_SAMPLES);
    const whole = Math.max(0, Math.floor((lengthSamples - FFT_SIZE / 2) / HOP_SAMPLES) + 1);
    for (let frame = Math.min(whole, this.#frameCount); frame < frames; frame++) this.#compute(frame, lengthSamples);
    const mean = this.#bands;
    this.#average(frames, mean);
    for (let c = 0; c < MFCC_COUNT; c++) {
      let sum = 0;
      for (let band = 0; band < BAND_COUNT; band++) sum += cosines[c * BAND_COUNT + band]! * mean[band]!;
      output[c] = sum;
    }
  }

  /** The transform is linear: the transform of the mean of the clipped bands is the mean of the coefficients. */
  #average(frames: number, mean: Float64Array): void {
    let maximum = Number.NEGATIVE_INFINITY;
    for (let frame = 0; frame < frames; frame++) {
      const decibels = this.#blocks[Math.floor(frame / BLOCK_FRAMES)]!;
      const at = (frame % BLOCK_FRAMES) * BAND_COUNT;
      for (let i = at; i < at + BAND_COUNT; i++) if (decibels[i]! > maximum) maximum = decibels[i]!;
    }
    const floor = maximum - DYNAMIC_RANGE_DB;
    mean.fill(0);
    for (let frame = 0; frame < frames; frame++) {
      const decibels = this.#blocks[Math.floor(frame / BLOCK_FRAMES)]!;
      const at = (frame % BLOCK_FRAMES) * BAND_COUNT;
      for (let band = 0; band < BAND_COUNT; band++) mean[band]! += Math.max(floor, decibels[at + band]!);
    }
    for (let band = 0; band < BAND_COUNT; band++) mean[band]! /= frames;
  }

  #compute(frame: number, lengthSamples: number): void {
    const { samples, first } = this.#buffer;
    const input = this.#frame;
    const start = frame * HOP_SAMPLES - FFT_SIZE / 2;
    const from = Math.max(0, -start);
    const to = Math.min(FFT_SIZE, lengthSamples - start);
    if (from > 0 || to < FFT_SIZE) input.fill(0);
    for (let n = from, at = start + from - first; n < to; n++, at++) input[n] = samples[at]! * window[n]!;
    this.#fft.power(input, this.#power);
    applyFilterBank(filters, this.#power, this.#bands);
    if (frame % BLOCK_FRAMES === 0) this.#blocks[frame / BLOCK_FRAMES] ??= new Float32Array(BLOCK_FRAMES * BAND_COUNT);
    const decibels = this.#blocks[Math.floor(frame / BLOCK_FRAMES)]!;
    const at = (frame % BLOCK_FRAMES) * BAND_COUNT;
    for (let band = 0; band < BAND_COUNT; band++) {
      decibels[at + band] = 10 * Math.log10(Math.max(POWER_FLOOR, this.#bands[band]!));
    }
  }
}

function dctRows(): Float64Array {
  const rows = new Float64Array(MFCC_COUNT * BAND_COUNT);
  for (let c = 0; c < MFCC_COUNT; c++) {
    const scale = Math.sqrt((c === 0 ? 1 : 2) / BAND_COUNT);
    for (let band = 0; band < BAND_COUNT; band++) {
      rows[c * BAND_COUNT + band] = scale * Math.cos((Math.PI * c * (band + 0.5)) / BAND_COUNT);
    }
  }
  return rows;
}

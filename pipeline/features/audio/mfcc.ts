import type { VoiceKernels } from './kernels/voice-kernels.ts';
import { wasmKernels } from './kernels/wasm-kernels.ts';
import type { SampleBuffer } from './sample-buffer.ts';

/** Number of mel-frequency cepstral coefficients. */
export const MFCC_COUNT = 40;

const FRAME_SAMPLES = 2048;
const HOP_SAMPLES = 512;
const BAND_COUNT = 128;
/** Samples before an utterance's end that must still be held when it ends. */
export const MFCC_REACH_SAMPLES = FRAME_SAMPLES + HOP_SAMPLES;
const DYNAMIC_RANGE_DB = 80;
/** Number of frames whose decibels share one block of memory: 2 s. */
const BLOCK_FRAMES = 64;

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
  readonly #kernels: VoiceKernels;
  readonly #mean = new Float64Array(BAND_COUNT);
  /** Decibels of the frames' bands, one row per frame. */
  readonly #blocks: Float32Array[] = [];
  #frameCount = 0;

  /** @param buffer must hold {@link MFCC_REACH_SAMPLES} before any end. */
  constructor(buffer: SampleBuffer, kernels: VoiceKernels = wasmKernels) {
    this.#buffer = buffer;
    this.#kernels = kernels;
  }

  /** Computes the frames that the buffer completes. */
  advance(): void {
    while (this.#frameCount * HOP_SAMPLES + FRAME_SAMPLES / 2 <= this.#buffer.length) {
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
    const whole = Math.max(0, Math.floor((lengthSamples - FRAME_SAMPLES / 2) / HOP_SAMPLES) + 1);
    for (let frame = Math.min(whole, this.#frameCount); frame < frames; frame++) this.#compute(frame, lengthSamples);
    const mean = this.#mean;
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
    const { samples, mfccDecibels } = this.#kernels;
    const start = frame * HOP_SAMPLES - FRAME_SAMPLES / 2;
    const whole = Math.min(FRAME_SAMPLES, lengthSamples - start);
    this.#buffer.copyTo(samples, start, start + whole);
    samples.fill(0, whole, FRAME_SAMPLES);
    this.#kernels.analyzeMfcc(0);
    if (frame % BLOCK_FRAMES === 0) this.#blocks[frame / BLOCK_FRAMES] ??= new Float32Array(BLOCK_FRAMES * BAND_COUNT);
    this.#blocks[Math.floor(frame / BLOCK_FRAMES)]!.set(mfccDecibels, (frame % BLOCK_FRAMES) * BAND_COUNT);
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

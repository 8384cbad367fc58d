import { RealFft } from './fft.ts';
import { applyFilterBank, slaneyFilterBank } from './mel.ts';
import { FEATURE_RATE_HZ, MAX_UTTERANCE_MS, type SampleBuffer } from './sample-buffer.ts';

/** Number of mel-frequency cepstral coefficients. */
export const MFCC_COUNT = 40;

const FFT_SIZE = 2048;
const HOP_SAMPLES = 512;
const BAND_COUNT = 128;
const POWER_FLOOR = 1e-10;
const DYNAMIC_RANGE_DB = 80;
const MAX_FRAMES = Math.floor((MAX_UTTERANCE_MS * FEATURE_RATE_HZ) / 1000 / HOP_SAMPLES) + 1;

const filters = slaneyFilterBank(BAND_COUNT, FFT_SIZE, FEATURE_RATE_HZ);
const window = Float64Array.from({ length: FFT_SIZE }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FFT_SIZE));
const cosines = dctRows();

/**
 * Mean over an utterance of `librosa.feature.mfcc(y, sr=16000, n_mfcc=40)` (librosa 0.11 defaults: periodic Hann window
 * of 2048, hop 512, frames centred with zero padding, 128 Slaney mel bands, decibels floored 80 dB under the
 * utterance's maximum, orthonormal DCT-II).
 *
 * Frames wholly inside the samples so far are computed as they come; the ones that reach past the end, in `finish`.
 */
export class MfccStream {
  readonly #buffer: SampleBuffer;
  readonly #fft = new RealFft(FFT_SIZE);
  readonly #frame = new Float64Array(FFT_SIZE);
  readonly #power = new Float64Array(this.#fft.binCount);
  readonly #bands = new Float64Array(BAND_COUNT);
  readonly #mean = new Float64Array(BAND_COUNT);
  /** Decibels of each finished frame's bands. */
  #decibels = new Float32Array(64 * BAND_COUNT);
  #frameCount = 0;

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
   * @param lengthSamples where the utterance ends; at most what the buffer holds.
   * @param output receives {@link MFCC_COUNT} means; zeros for an empty utterance.
   */
  finish(lengthSamples: number, output: Float32Array): void {
    output.fill(0, 0, MFCC_COUNT);
    if (lengthSamples === 0) return;
    const frames = 1 + Math.floor(lengthSamples / HOP_SAMPLES);
    const whole = Math.max(0, Math.floor((lengthSamples - FFT_SIZE / 2) / HOP_SAMPLES) + 1);
    for (let frame = Math.min(whole, this.#frameCount); frame < frames; frame++) this.#compute(frame, lengthSamples);
    this.#average(frames);
    for (let c = 0; c < MFCC_COUNT; c++) {
      let sum = 0;
      for (let band = 0; band < BAND_COUNT; band++) sum += cosines[c * BAND_COUNT + band]! * this.#mean[band]!;
      output[c] = sum;
    }
  }

  /** The transform is linear, so that one of the mean of the clipped bands is the mean of the coefficients. */
  #average(frames: number): void {
    const count = frames * BAND_COUNT;
    let maximum = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) maximum = Math.max(maximum, this.#decibels[i]!);
    const floor = maximum - DYNAMIC_RANGE_DB;
    this.#mean.fill(0);
    for (let i = 0, band = 0; i < count; i++, band = band === BAND_COUNT - 1 ? 0 : band + 1) {
      this.#mean[band]! += Math.max(floor, this.#decibels[i]!) / frames;
    }
  }

  #compute(frame: number, lengthSamples: number): void {
    const start = frame * HOP_SAMPLES - FFT_SIZE / 2;
    const samples = this.#buffer.samples;
    for (let n = 0; n < FFT_SIZE; n++) {
      const at = start + n;
      this.#frame[n] = at >= 0 && at < lengthSamples ? samples[at]! * window[n]! : 0;
    }
    this.#fft.power(this.#frame, this.#power);
    applyFilterBank(filters, this.#power, this.#bands);
    this.#reserve(frame + 1);
    for (let band = 0; band < BAND_COUNT; band++) {
      this.#decibels[frame * BAND_COUNT + band] = 10 * Math.log10(Math.max(POWER_FLOOR, this.#bands[band]!));
    }
  }

  #reserve(frames: number): void {
    if (frames * BAND_COUNT <= this.#decibels.length) return;
    const capacity = Math.min(MAX_FRAMES, Math.max(frames, (2 * this.#decibels.length) / BAND_COUNT));
    const grown = new Float32Array(capacity * BAND_COUNT);
    grown.set(this.#decibels);
    this.#decibels = grown;
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

import { MEL_BAND_COUNT, MEL_BLOCK_FRAMES, type MelBlock } from '../../../models/index.ts';
import { SAMPLE_RATE_HZ } from '../../media/media-time.ts';
import { RealFft } from './fft.ts';
import { applyFilterBank, slaneyFilterBank } from './mel.ts';
import type { SampleBuffer } from './sample-buffer.ts';

const FRAME_SAMPLES = 400;
const HOP_SAMPLES = 160;
const FFT_SIZE = 512;
const POWER_FLOOR = 1e-10;
/** Floor below a block's loudest value, in powers of ten. */
const DYNAMIC_RANGE = 8;
/** Samples before an utterance's end that must still be held when it ends. */
export const MEL_BLOCK_REACH_SAMPLES = MEL_BLOCK_FRAMES * HOP_SAMPLES + FRAME_SAMPLES;

const filters = slaneyFilterBank(MEL_BAND_COUNT, FFT_SIZE, SAMPLE_RATE_HZ);
const window = Float64Array.from(
  { length: FRAME_SAMPLES },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / FRAME_SAMPLES),
);

/**
 * Whisper's log-mel frames (25 ms Hann window every 10 ms, 80 Slaney bands) in blocks of one second. Each is computed
 * when its last sample arrives. Source: `log_mel_spectrogram` of openai/whisper, with three differences: frames are not
 * centred, the transform has 512 points instead of 400, and the floor for quiet values is relative to the block's maximum.
 */
export class MelBlocks {
  readonly #buffer: SampleBuffer;
  readonly #onBlock: (block: MelBlock) => void;
  readonly #fft = new RealFft(FFT_SIZE);
  readonly #frame = new Float64Array(FFT_SIZE);
  readonly #power = new Float64Array(this.#fft.binCount);
  readonly #bands = new Float64Array(MEL_BAND_COUNT);
  #count = 0;

  /**
   * @param buffer must hold {@link MEL_BLOCK_REACH_SAMPLES} before any end.
   * @param onBlock receives each whole block and owns its buffer.
   */
  constructor(buffer: SampleBuffer, onBlock: (block: MelBlock) => void) {
    this.#buffer = buffer;
    this.#onBlock = onBlock;
  }

  /** Computes the blocks that the buffer completes. */
  advance(): void {
    while (framesIn(this.#buffer.length) >= (this.#count + 1) * MEL_BLOCK_FRAMES) {
      this.#onBlock(this.#compute(this.#count++, MEL_BLOCK_FRAMES));
    }
  }

  /**
   * Ends the utterance after `lengthSamples`. Returns how many of the blocks lie entirely in it, and the rest of it; null
   * if the rest is shorter than a frame.
   */
  finish(lengthSamples: number): { readonly wholeBlocks: number; readonly rest: MelBlock | null } {
    const frames = framesIn(lengthSamples);
    const wholeBlocks = Math.floor(frames / MEL_BLOCK_FRAMES);
    const left = frames - wholeBlocks * MEL_BLOCK_FRAMES;
    return { wholeBlocks, rest: left === 0 ? null : this.#compute(wholeBlocks, left) };
  }

  #compute(block: number, frameCount: number): MelBlock {
    const values = new Float32Array(MEL_BLOCK_FRAMES * MEL_BAND_COUNT);
    let maximum = Number.NEGATIVE_INFINITY;
    for (let frame = 0; frame < frameCount; frame++) {
      this.#transform((block * MEL_BLOCK_FRAMES + frame) * HOP_SAMPLES);
      for (let band = 0, at = frame * MEL_BAND_COUNT; band < MEL_BAND_COUNT; band++, at++) {
        // A wider transform has more bins under each filter.
        const power = (this.#bands[band]! * FRAME_SAMPLES) / FFT_SIZE;
        const value = Math.log10(Math.max(POWER_FLOOR, power));
        values[at] = value;
        if (value > maximum) maximum = value;
      }
    }
    const floor = maximum - DYNAMIC_RANGE;
    for (let i = 0; i < frameCount * MEL_BAND_COUNT; i++) values[i] = (Math.max(floor, values[i]!) + 4) / 4;
    return { bands: values, frameCount };
  }

  #transform(start: number): void {
    const { samples, first } = this.#buffer;
    for (let n = 0, at = start - first; n < FRAME_SAMPLES; n++, at++) this.#frame[n] = samples[at]! * window[n]!;
    this.#fft.power(this.#frame, this.#power);
    applyFilterBank(filters, this.#power, this.#bands);
  }
}

/** Number of whole frames in this many samples. */
function framesIn(samples: number): number {
  return samples < FRAME_SAMPLES ? 0 : Math.floor((samples - FRAME_SAMPLES) / HOP_SAMPLES) + 1;
}

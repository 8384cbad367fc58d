import { MEL_BAND_COUNT, MEL_BLOCK_FRAMES, type MelBlock } from '../../../models/index.ts';
import type { VoiceKernels } from './kernels/voice-kernels.ts';
import { wasmKernels } from './kernels/wasm-kernels.ts';
import type { SampleBuffer } from './sample-buffer.ts';

const FRAME_SAMPLES = 400;
const HOP_SAMPLES = 160;
/** Floor below a block's loudest value, in powers of ten. */
const DYNAMIC_RANGE = 8;
/** Samples before an utterance's end that must still be held when it ends. */
export const MEL_BLOCK_REACH_SAMPLES = MEL_BLOCK_FRAMES * HOP_SAMPLES + FRAME_SAMPLES;

/**
 * Whisper's log-mel frames (25 ms Hann window every 10 ms, 80 Slaney bands) in blocks of one second. Each is computed
 * when its last sample arrives. Source: `log_mel_spectrogram` of openai/whisper, with three differences: frames are not
 * centred, the transform has 512 points instead of 400, and the floor for quiet values is relative to the block's maximum.
 */
export class MelBlocks {
  readonly #buffer: SampleBuffer;
  readonly #onBlock: (block: MelBlock) => void;
  readonly #kernels: VoiceKernels;
  #count = 0;

  /**
   * @param buffer must hold {@link MEL_BLOCK_REACH_SAMPLES} before any end.
   * @param onBlock receives each whole block and owns its buffer.
   */
  constructor(buffer: SampleBuffer, onBlock: (block: MelBlock) => void, kernels: VoiceKernels = wasmKernels) {
    this.#buffer = buffer;
    this.#kernels = kernels;
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
    const { samples, melLogs } = this.#kernels;
    const values = new Float32Array(MEL_BLOCK_FRAMES * MEL_BAND_COUNT);
    const start = block * MEL_BLOCK_FRAMES * HOP_SAMPLES;
    this.#buffer.copyTo(samples, start, start + (frameCount - 1) * HOP_SAMPLES + FRAME_SAMPLES);
    for (let frame = 0; frame < frameCount; frame++) {
      this.#kernels.analyzeMel(frame * HOP_SAMPLES);
      values.set(melLogs, frame * MEL_BAND_COUNT);
    }
    const count = frameCount * MEL_BAND_COUNT;
    let maximum = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) if (values[i]! > maximum) maximum = values[i]!;
    const floor = maximum - DYNAMIC_RANGE;
    for (let i = 0; i < count; i++) values[i] = (Math.max(floor, values[i]!) + 4) / 4;
    return { bands: values, frameCount };
  }
}

/** Number of whole frames in this many samples. */
function framesIn(samples: number): number {
  return samples < FRAME_SAMPLES ? 0 : Math.floor((samples - FRAME_SAMPLES) / HOP_SAMPLES) + 1;
}

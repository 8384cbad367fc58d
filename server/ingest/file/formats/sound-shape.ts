import { createResampler, type Resampler } from '../../../../pipeline/index.ts';
import { mixChannels } from '../mix-channels.ts';

/** Keeps a track's sound at one rate and number of channels, although its parts may differ. */
export class SoundShape {
  readonly #channelCount: number;
  readonly #sampleRateHz: number;
  #fromHz: number;
  #resamplers: Resampler[] = [];

  constructor(channelCount: number, sampleRateHz: number) {
    this.#channelCount = channelCount;
    this.#sampleRateHz = sampleRateHz;
    this.#fromHz = sampleRateHz;
  }

  /** @throws RangeError for a rate that cannot be resampled. */
  fit(channels: readonly Float32Array[], sampleRateHz: number): readonly Float32Array[] {
    const fitted = this.#fitChannels(channels);
    if (sampleRateHz === this.#sampleRateHz) return fitted;
    if (sampleRateHz !== this.#fromHz) {
      this.#fromHz = sampleRateHz;
      this.#resamplers = fitted.map(() => createResampler(sampleRateHz, this.#sampleRateHz));
    }
    return fitted.map((samples, index) => this.#resamplers[index]!.push(samples));
  }

  #fitChannels(channels: readonly Float32Array[]): readonly Float32Array[] {
    const count = this.#channelCount;
    if (channels.length === count) return channels;
    if (count === 1) return [mixChannels(channels)];
    const missing = channels.length === 1 ? channels[0]! : new Float32Array(channels[0]!.length);
    return Array.from({ length: count }, (_, index) => channels[index] ?? missing.slice());
  }
}

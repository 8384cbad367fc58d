import type { AudioChunk } from '../media/media-frame.ts';
import { msToSamples, SAMPLE_RATE_HZ, samplesToMs } from '../media/media-time.ts';
import { createResampler, type Resampler } from './resampler.ts';

/** Largest difference between a packet's time stamp and the count of samples that is not corrected, in ms. */
const SLIP_MS = 20;

export interface AudioGridOptions {
  readonly trackId: string;
  /** Longest gap that is filled with silence, in ms. After a longer gap the grid restarts at the next packet. */
  readonly maxFillMs: number;
}

/**
 * Turns the ordered packets of one track into 16 kHz chunks on an integer sample grid: each chunk starts where the
 * one before ended, save where more than `maxFillMs` is missing.
 *
 * The position comes from the count of samples, so rounded time stamps never add up; only when stamps and count
 * disagree by more than 20 ms (a lost packet, or a sender's clock that drifts) is silence put in or are samples
 * left out. The position's error therefore stays within 20 ms.
 */
export class AudioGrid {
  readonly #trackId: string;
  readonly #maxFillMs: number;
  #resampler: Resampler | null = null;
  #inputRateHz = SAMPLE_RATE_HZ;
  /** Media time of the first sample pushed into the resampler, and how many followed. */
  #originMs = 0;
  #inputCount = 0;
  /** Grid position of the next output sample. */
  #outputSample = Number.NEGATIVE_INFINITY;

  constructor(options: AudioGridOptions) {
    this.#trackId = options.trackId;
    this.#maxFillMs = options.maxFillMs;
  }

  /** Media time up to which the output reaches, in ms; −Infinity before the first packet. */
  get settledMs(): number {
    return samplesToMs(this.#outputSample);
  }

  /** The next packet in order; its `samples` are finite. */
  push(packet: AudioChunk): AudioChunk[] {
    const out: AudioChunk[] = [];
    if (this.#resampler !== null && packet.sampleRateHz !== this.#inputRateHz) {
      const endMs = this.#inputEndMs();
      this.#close(out);
      this.#open(endMs, packet.sampleRateHz);
    }
    if (this.#resampler === null || packet.startMs - this.#inputEndMs() > this.#maxFillMs) {
      this.#close(out);
      this.#open(packet.startMs, packet.sampleRateHz);
      this.#outputSample = Math.max(this.#outputSample, msToSamples(packet.startMs));
    }
    const errorMs = packet.startMs - this.#inputEndMs();
    let samples = packet.samples;
    if (errorMs > SLIP_MS) {
      this.#fill(errorMs, out);
    } else if (errorMs < -SLIP_MS) {
      samples = samples.subarray(Math.min(samples.length, Math.round((-errorMs * this.#inputRateHz) / 1000)));
    }
    this.#convert(samples, out);
    return out;
  }

  /** Nothing came before `boundMs`: that is silence, as far as a gap is filled at all. */
  silenceUntil(boundMs: number): AudioChunk[] {
    const out: AudioChunk[] = [];
    const missingMs = this.#resampler === null ? 0 : boundMs - this.#inputEndMs();
    if (missingMs > SLIP_MS) {
      this.#fill(Math.min(missingMs, this.#maxFillMs), out);
    }
    return out;
  }

  /** The end of the track: what the resampler still holds. */
  finish(): AudioChunk[] {
    const out: AudioChunk[] = [];
    this.#close(out);
    return out;
  }

  #inputEndMs(): number {
    return this.#originMs + (this.#inputCount * 1000) / this.#inputRateHz;
  }

  #open(startMs: number, rateHz: number): void {
    this.#originMs = startMs;
    this.#inputCount = 0;
    this.#inputRateHz = rateHz;
    this.#resampler = createResampler(rateHz, SAMPLE_RATE_HZ);
  }

  #close(out: AudioChunk[]): void {
    if (this.#resampler !== null) {
      this.#emit(this.#resampler.flush(), out);
      this.#resampler = null;
    }
  }

  #fill(durationMs: number, out: AudioChunk[]): void {
    this.#convert(new Float32Array(Math.round((durationMs * this.#inputRateHz) / 1000)), out);
  }

  #convert(samples: Float32Array, out: AudioChunk[]): void {
    if (samples.length === 0 || this.#resampler === null) {
      return;
    }
    this.#inputCount += samples.length;
    this.#emit(this.#resampler.push(samples), out);
  }

  #emit(samples: Float32Array, out: AudioChunk[]): void {
    if (samples.length === 0) {
      return;
    }
    const startMs = samplesToMs(this.#outputSample);
    out.push({ kind: 'audio', trackId: this.#trackId, startMs, sampleRateHz: SAMPLE_RATE_HZ, samples });
    this.#outputSample += samples.length;
  }
}

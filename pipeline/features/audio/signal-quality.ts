import MeydaModule from 'meyda';
import { Contour } from './egemaps/contour.ts';
import type { SampleBuffer } from './sample-buffer.ts';

/** Meyda's types describe its ES module, Node loads its CommonJS one, whose exports are the default itself. */
const meyda = MeydaModule as unknown as typeof MeydaModule.default;

/** How far an utterance's sound can be trusted. */
export interface SignalQuality {
  /** 0 (useless) … 1 (clean). */
  readonly quality: number;
  /** `absent`: nothing is audible; `noisy`: the quality is under {@link NOISY_BELOW}. */
  readonly state: 'ok' | 'noisy' | 'absent';
  /** Loud frames over quiet frames, dB: an estimate of the signal-to-noise ratio. */
  readonly snrDb: number;
  /** Median spectral flatness of the louder half, 0 (tonal) … 1 (white noise). */
  readonly flatness: number;
  /** Share of samples at full scale, 0…1. */
  readonly clipping: number;
}

/** An utterance of lower quality is called noisy. White noise at 5 dB under the voice comes to lie below it. */
export const NOISY_BELOW = 0.3;

const FRAME_SAMPLES = 512;
/** One frame every 64 ms is enough for statistics of a whole utterance. */
const STRIDE_SAMPLES = 1024;
/** Root mean square of the loudest frames under which nothing is audible (−66 dBFS). */
const AUDIBLE_RMS = 5e-4;
const FULL_SCALE = 0.999;
/** The figures between which each score runs from 0 to 1. */
const SNR_DB = { worst: 3, best: 20 };
const FLATNESS = { worst: 0.8, best: 0.3 };
const CLIPPING = { worst: 0.1, best: 0 };

/** Gathers the quality of an utterance's sound while it comes. */
export class SignalQualityStream {
  readonly #buffer: SampleBuffer;
  readonly #frame = new Float32Array(FRAME_SAMPLES);
  readonly #rms = new Contour();
  readonly #flatness = new Contour();
  readonly #clipping = new Contour();
  #frameCount = 0;

  constructor(buffer: SampleBuffer) {
    this.#buffer = buffer;
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
    if (loudRms < AUDIBLE_RMS) return { quality: 0, state: 'absent', snrDb: 0, flatness: 0, clipping: 0 };
    const snrDb = 20 * Math.log10(loudRms / Math.max(at(sorted, 0.1), 1e-6));
    const flatness = this.#loudFlatness(frames, at(sorted, 0.5));
    const clipping = this.#clipping.values.subarray(0, frames).reduce((sum, share) => sum + share, 0) / frames;
    const clean = (score(snrDb, SNR_DB) + score(flatness, FLATNESS)) / 2;
    const quality = clean * score(clipping, CLIPPING);
    return { quality, state: quality < NOISY_BELOW ? 'noisy' : 'ok', snrDb, flatness, clipping };
  }

  #loudFlatness(frames: number, medianRms: number): number {
    const loud = this.#flatness.values.slice(0, frames).filter((_, frame) => this.#rms.at(frame) >= medianRms);
    return at(loud.sort(), 0.5);
  }

  #measure(frame: number, lengthSamples: number): void {
    const start = frame * STRIDE_SAMPLES - this.#buffer.first;
    this.#frame.fill(0);
    const end = Math.min(lengthSamples - this.#buffer.first, start + FRAME_SAMPLES);
    this.#frame.set(this.#buffer.samples.subarray(start, end));
    let clipped = 0;
    for (let n = 0; n < FRAME_SAMPLES; n++) {
      if (Math.abs(this.#frame[n]!) >= FULL_SCALE) clipped++;
    }
    this.#clipping.set(frame, clipped / FRAME_SAMPLES);
    meyda.bufferSize = FRAME_SAMPLES;
    const measured = meyda.extract(['rms', 'spectralFlatness'], this.#frame);
    this.#rms.set(frame, finite(measured?.rms));
    this.#flatness.set(frame, finite(measured?.spectralFlatness));
  }
}

/** Meyda divides by the spectrum's sum, which silence makes zero. */
function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

function at(sorted: Float32Array, share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.floor(share * (sorted.length - 1))]!;
}

function score(value: number, { worst, best }: { readonly worst: number; readonly best: number }): number {
  return Math.max(0, Math.min(1, (value - worst) / (best - worst)));
}

import type { RecordedAudio, Recording } from '../recording.ts';
import { areAlike, COMPARED_RATE_HZ, compareWindow, type WindowComparison } from './alike-channels.ts';
import { measureLevel, STEP_MS } from './voice-activity.ts';

/** What one pass over a recording's sound tells about its channels. */
export interface RecordingSurvey {
  /** Level of each step of {@link STEP_MS}, dB below full scale, per channel. */
  readonly levelsDb: readonly Float32Array[];
  /** For each channel the loudest channel that holds the same sound: itself, unless it is a copy. */
  readonly sameAs: readonly number[];
}

const WINDOW_SAMPLES = COMPARED_RATE_HZ / 4;
/** So many windows are compared at the first distance, further ones at the second, ms. */
const CLOSE_WINDOWS = 100;
const CLOSE_MS = 500;
const FAR_MS = 10_000;
const LEAST_ENERGY = 1e-12;
/** Sound later than this is not surveyed: 48 hours. */
const MAX_STEPS = (48 * 3_600_000) / STEP_MS;

/** Reads the sound of a recording once. */
export async function surveyRecording(recording: Recording, signal?: AbortSignal): Promise<RecordingSurvey> {
  const survey = new Survey(recording.channelCount, recording.sampleRateHz);
  if (recording.channelCount > 0) {
    for await (const block of recording.audio()) {
      signal?.throwIfAborted();
      survey.add(block);
    }
  }
  return survey.finish();
}

class Survey {
  readonly #energies: number[][];
  readonly #pairs: { readonly first: number; readonly second: number; readonly windows: WindowComparison[] }[] = [];
  readonly #windows: Float32Array[];
  readonly #decimation: number;
  readonly #sampleRateHz: number;
  #filled = 0;
  #nextWindowMs = 0;
  #windowCount = 0;

  constructor(channelCount: number, sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
    this.#decimation = Math.max(1, Math.round(sampleRateHz / COMPARED_RATE_HZ));
    this.#energies = Array.from({ length: channelCount }, () => []);
    this.#windows = Array.from({ length: channelCount }, () => new Float32Array(WINDOW_SAMPLES));
    for (let first = 0; first < channelCount; first++) {
      for (let second = first + 1; second < channelCount; second++) this.#pairs.push({ first, second, windows: [] });
    }
  }

  add({ startMs, channels }: RecordedAudio): void {
    for (const [index, samples] of channels.entries()) this.#addEnergy(this.#energies[index]!, startMs, samples);
    if (this.#pairs.length > 0) this.#addWindows(startMs, channels);
  }

  finish(): RecordingSurvey {
    const perStep = (this.#sampleRateHz * STEP_MS) / 1000;
    const steps = Math.max(0, ...this.#energies.map((energy) => energy.length));
    const levelsDb = this.#energies.map((energy) =>
      Float32Array.from({ length: steps }, (_, step) => 10 * Math.log10((energy[step] ?? 0) / perStep + LEAST_ENERGY)),
    );
    const sameAs = levelsDb.map((_, index) => index);
    for (const { first, second, windows } of this.#pairs) {
      if (sameAs[second] === second && sameAs[first] === first && areAlike(windows)) sameAs[second] = first;
    }
    const loudest = levelsDb.map(measureLevel).map(({ loudDb }) => loudDb);
    const best = sameAs.map((same) =>
      sameAs.reduce((a, other, index) => (other === same && loudest[index]! > loudest[a]! ? index : a), same),
    );
    return { levelsDb, sameAs: best };
  }

  #addEnergy(energy: number[], startMs: number, samples: Float32Array): void {
    let from = 0;
    while (from < samples.length) {
      const step = Math.floor((startMs + (from * 1000) / this.#sampleRateHz) / STEP_MS + 1e-6);
      if (step >= MAX_STEPS) return;
      const endSample = Math.ceil((((step + 1) * STEP_MS - startMs) * this.#sampleRateHz) / 1000);
      const to = Math.min(samples.length, Math.max(from + 1, endSample));
      let sum = 0;
      for (let i = from; i < to; i++) sum += samples[i]! * samples[i]!;
      while (energy.length < step) energy.push(0);
      energy[step] = (energy[step] ?? 0) + sum;
      from = to;
    }
  }

  /** Fills the windows that are compared. A window is a stretch of consecutive samples, unless the recording has a gap. */
  #addWindows(startMs: number, channels: readonly Float32Array[]): void {
    const length = channels[0]!.length;
    const decimation = this.#decimation;
    let from = 0;
    if (this.#filled === 0) {
      from = Math.max(0, Math.ceil(((this.#nextWindowMs - startMs) * this.#sampleRateHz) / 1000));
    }
    while (from + decimation <= length) {
      for (const [index, samples] of channels.entries()) {
        let sum = 0;
        for (let i = from; i < from + decimation; i++) sum += samples[i]!;
        this.#windows[index]![this.#filled] = sum / decimation;
      }
      this.#filled += 1;
      from += decimation;
      if (this.#filled < WINDOW_SAMPLES) continue;
      this.#compare();
      this.#nextWindowMs = startMs + (from * 1000) / this.#sampleRateHz;
      this.#nextWindowMs += this.#windowCount < CLOSE_WINDOWS ? CLOSE_MS / 2 : FAR_MS;
      from = Math.max(from, Math.ceil(((this.#nextWindowMs - startMs) * this.#sampleRateHz) / 1000));
    }
  }

  #compare(): void {
    this.#filled = 0;
    this.#windowCount += 1;
    for (const { first, second, windows } of this.#pairs) {
      windows.push(compareWindow(this.#windows[first]!, this.#windows[second]!));
    }
  }
}

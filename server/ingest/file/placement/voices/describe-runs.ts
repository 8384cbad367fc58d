import { SPEAKER_EXCERPT_SAMPLES, type SpeakerEncoder } from '../../../../../models/index.ts';
import { createResampler } from '../../../../../pipeline/index.ts';
import type { Recording } from '../../recording.ts';
import { SoundMix } from '../../sound-mix.ts';
import { STEP_MS, type StepRange } from '../voice-activity.ts';
import type { VoiceRun } from './voice-windows.ts';

const RATE_HZ = 16_000;
const STEP_SAMPLES = (RATE_HZ * STEP_MS) / 1000;
/** Excerpts that wait for the encoder at once. */
const MAX_WAITING = 4;

/**
 * Has the encoder describe every window of the runs, in one pass over the recording.
 *
 * @param channel - the channel that the runs are of.
 * @returns one vector per window, by run.
 */
export async function describeRuns(
  recording: Recording,
  channel: number,
  runs: readonly VoiceRun[],
  encoder: SpeakerEncoder,
  signal?: AbortSignal,
): Promise<Float32Array[][]> {
  const windows = runs.flatMap((run) => run.windows);
  const vectors: Promise<Float32Array>[] = [];
  const take = async (excerpt: Float32Array): Promise<void> => {
    signal?.throwIfAborted();
    const vector = encoder.describe(excerpt);
    // A failure is noted where the vectors are awaited.
    vector.catch(() => {});
    vectors.push(vector);
    await vectors.at(-MAX_WAITING);
  };
  const sound = new SoundWindow();
  for await (const samples of soundOf(recording, channel)) {
    signal?.throwIfAborted();
    sound.add(samples);
    for (let next = windows[vectors.length]; next !== undefined; next = windows[vectors.length]) {
      if (sound.end < endOf(next)) break;
      await take(sound.excerpt(next));
    }
    sound.forget(startOf(windows[vectors.length]));
  }
  while (vectors.length < windows.length) await take(sound.excerpt(windows[vectors.length]!));
  const all = (await Promise.all(vectors)).values();
  return runs.map((run) => run.windows.map(() => all.next().value!));
}

/** One channel at 16 kHz without gaps. */
async function* soundOf(recording: Recording, channel: number): AsyncGenerator<Float32Array> {
  const participant = { id: 'speaker', role: 'unknown', displayName: null } as const;
  const lane = { participant, sound: { channels: [channel], gain: 1, heard: null } };
  const mix = new SoundMix([lane], recording.sampleRateHz);
  const resampler = createResampler(recording.sampleRateHz, RATE_HZ);
  for await (const block of recording.audio()) for (const samples of mix.add(block)) yield resampler.push(samples);
  yield resampler.flush();
}

function startOf(window: StepRange | undefined): number {
  return window === undefined ? Number.POSITIVE_INFINITY : window.from * STEP_SAMPLES;
}

function endOf({ from, to }: StepRange): number {
  return Math.max(to * STEP_SAMPLES, from * STEP_SAMPLES + SPEAKER_EXCERPT_SAMPLES);
}

/** The newest sound, from where it is still needed. */
class SoundWindow {
  #samples = new Float32Array(4 * RATE_HZ);
  #start = 0;
  #length = 0;

  /** Sample behind the newest. */
  get end(): number {
    return this.#start + this.#length;
  }

  add(samples: Float32Array): void {
    if (this.#length + samples.length > this.#samples.length) {
      const larger = new Float32Array(2 * (this.#length + samples.length));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(samples, this.#length);
    this.#length += samples.length;
  }

  forget(before: number): void {
    const count = Math.max(0, Math.min(this.#length, before - this.#start));
    this.#samples.copyWithin(0, count, this.#length);
    this.#start += count;
    this.#length -= count;
  }

  /** The sound of a window, repeated until it is as long as an excerpt. */
  excerpt({ from, to }: StepRange): Float32Array {
    const start = from * STEP_SAMPLES - this.#start;
    const isWhole = (to - from) * STEP_SAMPLES >= SPEAKER_EXCERPT_SAMPLES - STEP_SAMPLES;
    const wanted = isWhole ? SPEAKER_EXCERPT_SAMPLES : (to - from) * STEP_SAMPLES;
    const heard = this.#samples.subarray(start, Math.min(this.#length, start + wanted));
    return repeated(heard, SPEAKER_EXCERPT_SAMPLES);
  }
}

/** The samples again and again, `length` of them. */
function repeated(samples: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length);
  for (let at = 0; at < length && samples.length > 0; at += samples.length) {
    result.set(samples.subarray(0, length - at), at);
  }
  return result;
}

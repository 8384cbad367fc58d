import { SPEAKER_EXCERPT_SAMPLES, type SpeakerEncoder } from '../../../../../models/index.ts';
import { createResampler } from '../../../../../pipeline/index.ts';
import type { Recording } from '../../recording.ts';
import { SoundMix } from '../../sound-mix.ts';
import type { StepRange } from '../voice-activity.ts';
import { SOUND_RATE_HZ, SoundWindow, STEP_SAMPLES } from './sound-window.ts';
import type { VoiceRun } from './voice-windows.ts';

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
    sound.forgetBefore(startOf(windows[vectors.length]));
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
  const resampler = createResampler(recording.sampleRateHz, SOUND_RATE_HZ);
  for await (const block of recording.audio()) for (const samples of mix.add(block)) yield resampler.push(samples);
  yield resampler.flush();
}

function startOf(window: StepRange | undefined): number {
  return window === undefined ? Number.POSITIVE_INFINITY : window.from * STEP_SAMPLES;
}

function endOf({ from, to }: StepRange): number {
  return Math.max(to * STEP_SAMPLES, from * STEP_SAMPLES + SPEAKER_EXCERPT_SAMPLES);
}

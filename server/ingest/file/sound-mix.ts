import type { Lane } from './placement/analysis-plan.ts';
import type { RecordedAudio } from './recording.ts';

/** Longest silence that is made at once, in samples. */
const MAX_SILENCE_SAMPLES = 1 << 20;

/** Mixes the channels that the analysis uses into one, as loud as the analysis hears them, and fills gaps with silence. */
export class SoundMix {
  readonly #sampleRateHz: number;
  readonly #sounds: readonly { readonly channels: readonly number[]; readonly gain: number }[];
  /** Samples so far. */
  #count = 0;

  constructor(lanes: readonly Lane[], sampleRateHz: number) {
    this.#sampleRateHz = sampleRateHz;
    const sounds = new Map(lanes.map(({ sound }) => [sound.channels.join(), sound]));
    sounds.delete('');
    this.#sounds = [...sounds.values()];
  }

  /** Whether there is nothing to hear. */
  get isSilent(): boolean {
    return this.#sounds.length === 0;
  }

  /** Takes the next block. Returns the samples that follow those returned before. */
  *add({ startMs, channels }: RecordedAudio): Generator<Float32Array> {
    const start = Math.round((startMs * this.#sampleRateHz) / 1000);
    // A block's start is rounded to a millisecond in some containers: that is no gap.
    const isGap = start - this.#count > this.#sampleRateHz / 100;
    while (isGap && this.#count < start) {
      const silence = new Float32Array(Math.min(MAX_SILENCE_SAMPLES, start - this.#count));
      this.#count += silence.length;
      yield silence;
    }
    const length = channels[0]?.length ?? 0;
    const repeated = Math.min(length, Math.max(0, this.#count - start - this.#sampleRateHz / 100));
    const mono = new Float32Array(length - Math.round(repeated));
    for (const { channels: used, gain } of this.#sounds) {
      for (const channel of used) {
        const samples = channels[channel];
        const factor = gain / used.length;
        for (let i = 0; i < mono.length; i++) mono[i]! += factor * (samples?.[i + length - mono.length] ?? 0);
      }
    }
    for (let i = 0; i < mono.length; i++) mono[i] = Math.max(-1, Math.min(1, mono[i]!));
    this.#count += mono.length;
    yield mono;
  }
}

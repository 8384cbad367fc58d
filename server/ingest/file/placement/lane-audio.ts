import { mixChannels } from '../mix-channels.ts';
import type { RecordedAudio } from '../recording.ts';
import type { LaneSound } from './analysis-plan.ts';
import { STEP_MS } from './voice-activity.ts';

/** A lane's sound fades in and out over this long, ms, so that no click is heard where it is masked. */
const FADE_MS = 10;

/** Makes one lane's audio from a recording's blocks, in order. */
export class LaneAudio {
  readonly trackId: string;
  readonly #sound: LaneSound;
  readonly #sampleRateHz: number;
  #factor: number | null = null;

  constructor(trackId: string, sound: LaneSound, sampleRateHz: number) {
    this.trackId = trackId;
    this.#sound = sound;
    this.#sampleRateHz = sampleRateHz;
  }

  of({ startMs, channels }: RecordedAudio): Float32Array {
    const { channels: used, gain, heard } = this.#sound;
    const mono = mixChannels(used.map((channel) => channels[channel]!));
    if (heard === null && gain === 1) return mono;
    // Lanes may share a channel.
    const samples = used.length === 1 ? Float32Array.from(mono) : mono;
    if (heard === null) for (let i = 0; i < samples.length; i++) samples[i] = limited(samples[i]! * gain);
    else this.#mask(samples, startMs, heard);
    return samples;
  }

  #mask(samples: Float32Array, startMs: number, heard: Uint8Array): void {
    const change = 1000 / (this.#sampleRateHz * FADE_MS);
    const targetAt = (i: number) =>
      heard[Math.floor((startMs + (i * 1000) / this.#sampleRateHz) / STEP_MS + 1e-6)] ?? heard.at(-1) ?? 1;
    let factor = this.#factor ?? targetAt(0);
    let target = 0;
    const perMs = Math.max(1, Math.floor(this.#sampleRateHz / 1000));
    for (let i = 0; i < samples.length; i++) {
      if (i % perMs === 0) target = targetAt(i);
      if (factor < target) factor = Math.min(target, factor + change);
      else if (factor > target) factor = Math.max(target, factor - change);
      samples[i] = limited(samples[i]! * factor * this.#sound.gain);
    }
    this.#factor = factor;
  }
}

function limited(sample: number): number {
  return Math.max(-1, Math.min(1, sample));
}

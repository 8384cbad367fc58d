import type { VideoImage } from '../media/media-frame.ts';
import { SAMPLE_RATE_HZ, samplesToMs } from '../media/media-time.ts';
import type { Timeline } from './timeline.ts';
import type { UtteranceMedia, UtteranceOpened } from './utterance.ts';
import type { WindowDecision } from './window-decision.ts';

type Opened = Extract<WindowDecision, { kind: 'open' }>;

/** Emits the media of one participant's open utterance: first what the timeline holds of it, then what arrives. */
export class UtteranceFeed {
  readonly #timeline: Timeline;
  readonly #emit: (signal: UtteranceOpened | UtteranceMedia) => void;
  #open: { readonly id: string; readonly startMs: number } | null = null;
  /** End of the emitted audio, and the timeline's frame that contains it. */
  #audioSample = 0;
  #audioIndex = 0;

  constructor(timeline: Timeline, emit: (signal: UtteranceOpened | UtteranceMedia) => void) {
    this.#timeline = timeline;
    this.#emit = emit;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Starts with the media of this utterance. Its start is in the timeline, unless it has no audio. */
  open({ utteranceId, participant, startSample, hasAudio, picturesUntilSample }: Opened): void {
    const startMs = samplesToMs(startSample);
    this.#open = { id: utteranceId, startMs };
    if (hasAudio) this.#audioIndex = this.#indexOf(startSample);
    this.#audioSample = hasAudio ? startSample : Number.POSITIVE_INFINITY;
    this.#emit({ kind: 'opened', utteranceId, participant, startMs });
    for (const frame of this.#timeline.images) {
      if (frame.startMs >= startMs && frame.startMs < samplesToMs(picturesUntilSample)) {
        this.#emit({ kind: 'media', utteranceId, frame });
      }
    }
  }

  /** Emits an image that has just arrived, if it belongs to the open utterance. */
  addImage(frame: VideoImage): void {
    if (this.#open !== null && frame.startMs >= this.#open.startMs) {
      this.#emit({ kind: 'media', utteranceId: this.#open.id, frame });
    }
  }

  /** Emits audio up to `untilSample`, from frames before `endIndex`. */
  addAudio(trackId: string, untilSample: number, endIndex: number): void {
    const timeline = this.#timeline;
    while (this.#open !== null && this.#audioSample < untilSample && this.#audioIndex < endIndex) {
      const index = Math.max(this.#audioIndex, timeline.firstIndex);
      const { startSample, samples, length } = timeline.frame(index);
      const from = Math.max(this.#audioSample, startSample);
      const part = samples.subarray(from - startSample, Math.min(length, untilSample - startSample));
      if (part.length > 0) {
        const startMs = samplesToMs(from);
        const frame = { kind: 'audio', trackId, startMs, sampleRateHz: SAMPLE_RATE_HZ, samples: part } as const;
        this.#emit({ kind: 'media', utteranceId: this.#open.id, frame });
      }
      this.#audioSample = from + part.length;
      this.#audioIndex = this.#audioSample < startSample + length ? index : index + 1;
    }
  }

  /** Emits nothing more of this utterance. */
  close(): void {
    this.#open = null;
  }

  /** Index of the newest frame that starts at the sample or before it. */
  #indexOf(sample: number): number {
    const { firstIndex, endIndex } = this.#timeline;
    let index = endIndex - 1;
    while (index > firstIndex && this.#timeline.frame(index).startSample > sample) index -= 1;
    return index;
  }
}

import { VAD_FRAME_SAMPLES, type VoiceActivityModel, type VoiceActivityStream } from '../../models/index.ts';
import { samplesToMs } from '../media/media-time.ts';
import type { Timeline } from './timeline.ts';

/**
 * Most frames per push: 256 ms. The decisions and features that follow an answer block the main thread, for about 10 ms
 * for this much voice, and every other session waits for it.
 */
const MAX_PUSH_FRAMES = 8;

/**
 * Has a participant's frames scored by the voice-activity model, in order, with one push in flight at most; what
 * arrives meanwhile waits in the timeline and goes with the next push.
 */
export class VoiceScorer {
  readonly #model: VoiceActivityModel;
  readonly #timeline: Timeline;
  readonly #onFailure: (frames: number, cause: unknown) => void;
  /** Scores of the newest frames, by index. */
  readonly #scores: Float32Array;
  #stream: VoiceActivityStream | null = null;
  #nextIndex = 0;
  #isBusy = false;

  /** `onFailure` is told how many frames the model failed on, and the error; they count as silence. */
  constructor(model: VoiceActivityModel, timeline: Timeline, onFailure: (frames: number, cause: unknown) => void) {
    this.#model = model;
    this.#timeline = timeline;
    this.#onFailure = onFailure;
    this.#scores = new Float32Array(timeline.capacity);
  }

  /** Whether some whole frames have no score yet. */
  get isBehind(): boolean {
    return this.#nextIndex < this.#timeline.endIndex;
  }

  /** Media time of the oldest frame that is being scored, ms; `Infinity` if none is. */
  get pendingFromMs(): number {
    if (!this.isBehind) return Number.POSITIVE_INFINITY;
    const first = Math.max(this.#nextIndex, this.#timeline.firstIndex);
    return samplesToMs(this.#timeline.frame(first).startSample);
  }

  /** Whether a frame that is kept has its score. */
  hasScored(index: number): boolean {
    return index < this.#nextIndex;
  }

  /** Probability of speech of a scored frame that is kept, 0…1. */
  scoreOf(index: number): number {
    return this.#scores[index % this.#scores.length]!;
  }

  /** Sends what waits, unless a push is in flight. `onScored` is called once the frames have their scores. */
  pump(onScored: () => void): void {
    const timeline = this.#timeline;
    const first = Math.max(this.#nextIndex, timeline.firstIndex);
    if (this.#isBusy || first === timeline.endIndex) {
      return;
    }
    if (first !== this.#nextIndex || timeline.frame(first).startsRun) {
      this.#stream = null;
    }
    let end = first + 1;
    while (end < timeline.endIndex && end - first < MAX_PUSH_FRAMES && !timeline.frame(end).startsRun) {
      end += 1;
    }
    const samples = new Float32Array((end - first) * VAD_FRAME_SAMPLES);
    for (let index = first; index < end; index += 1) {
      samples.set(timeline.frame(index).samples, (index - first) * VAD_FRAME_SAMPLES);
    }
    this.#isBusy = true;
    this.#score(samples).then((probabilities) => {
      for (let index = first; index < end; index += 1) {
        this.#scores[index % this.#scores.length] = probabilities[index - first]!;
      }
      this.#nextIndex = end;
      this.#isBusy = false;
      onScored();
    });
  }

  /** Never rejects. */
  async #score(samples: Float32Array): Promise<Float32Array> {
    // The model may take the buffer over: its length is 0 then.
    const frames = samples.length / VAD_FRAME_SAMPLES;
    try {
      this.#stream ??= this.#model.openStream();
      const probabilities = await this.#stream.push(samples);
      if (probabilities?.length !== frames) throw new Error(`the model must give ${frames} probabilities`);
      return probabilities;
    } catch (cause) {
      this.#stream = null;
      this.#onFailure(frames, cause);
      return new Float32Array(frames);
    }
  }
}

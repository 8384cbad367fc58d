import { allFinite } from '../all-finite.ts';
import { ModelError } from '../model-error.ts';
import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../model-interfaces.ts';
import { QuietGate, SCORE_DELAY_FRAMES } from './quiet-gate.ts';
import { FRAME_VIEW_SAMPLES, type ScoredFrames, type TrackFrames, VOICE_STATE_SIZE } from './voice-activity-graph.ts';

/** Samples before a frame that the graph also sees. */
const CONTEXT_SAMPLES = FRAME_VIEW_SAMPLES - VAD_FRAME_SAMPLES;

/**
 * Most frames of one request: 256 ms of audio. Other sessions get turns during a long push. {@link QuietGate} takes no more
 * at once.
 */
const MAX_REQUEST_FRAMES = SCORE_DELAY_FRAMES;

/**
 * Skipped frames that wait for the graph at most, 1 s, and steps of its LSTM, 4 s. In digital silence one frame stands for
 * all of them, exactly.
 */
const MAX_DEFERRED_VIEWS = 32;
const MAX_DEFERRED_STEPS = 128;

/** Frames that may wait in one stream: ten minutes of audio. A push beyond that is rejected as `overloaded`. */
export const MAX_WAITING_FRAMES = 18_750;

/**
 * Voice activity over `score`, which runs the graph ({@link scoreTracks}). A stream keeps its state of 1 KB here: there is
 * nothing to close, and a failure of `score` costs it one request.
 *
 * Frames that cannot hold a voice ({@link QuietGate}) get probability 0 at once. The graph sees them later, many in one
 * run: with the next frame that may hold a voice, or when too many wait. Its state counts silence for seconds, so it must see
 * them. The other probabilities are the same as if it saw each frame in its turn.
 *
 * `push` copies the samples. It rejects with a RangeError if the samples are not whole frames or not finite, and otherwise
 * with the `ModelError` of `score`. The stream goes on.
 */
export function openVoiceActivityModel(score: (track: TrackFrames) => Promise<ScoredFrames>): VoiceActivityModel {
  return {
    openStream() {
      const context = new Float32Array(CONTEXT_SAMPLES);
      const gate = new QuietGate();
      let state: Float32Array = new Float32Array(VOICE_STATE_SIZE);
      /** What the graph has not seen yet. */
      let deferred = new DeferredFrames();
      let waitingFrames = 0;
      let last: Promise<unknown> = Promise.resolve();

      /** Scores what may hold a voice of at most {@link MAX_REQUEST_FRAMES} frames. */
      async function request(views: Float32Array, probabilities: Float32Array): Promise<void> {
        /** The step of each frame; −1 if it is skipped. */
        const steps: number[] = [];
        for (let start = 0; start < views.length; start += FRAME_VIEW_SAMPLES) {
          const view = views.subarray(start, start + FRAME_VIEW_SAMPLES);
          const isSkipped = gate.skips(view, VAD_FRAME_SAMPLES);
          const step = deferred.add(view);
          steps.push(isSkipped ? -1 : step);
        }
        probabilities.fill(Number.NaN);
        try {
          const isNeeded = deferred.isFull || steps.some((step) => step >= 0);
          const scored = isNeeded ? await scoreDeferred() : null;
          for (const [frame, step] of steps.entries()) probabilities[frame] = scored?.[step] ?? 0;
        } finally {
          for (const probability of probabilities) gate.scored(probability);
        }
      }

      async function scoreDeferred(): Promise<Float32Array> {
        const { order } = deferred;
        const track = { views: deferred.joined(), order, state };
        state = new Float32Array(VOICE_STATE_SIZE);
        deferred = new DeferredFrames();
        const scored = await score(track);
        state = scored.state;
        return scored.probabilities;
      }

      async function requestAll(views: Float32Array, frameCount: number): Promise<Float32Array> {
        const probabilities = new Float32Array(frameCount);
        for (let done = 0; done < frameCount; done += MAX_REQUEST_FRAMES) {
          const end = Math.min(done + MAX_REQUEST_FRAMES, frameCount);
          await request(
            views.subarray(done * FRAME_VIEW_SAMPLES, end * FRAME_VIEW_SAMPLES),
            probabilities.subarray(done, end),
          );
        }
        return probabilities;
      }

      return {
        async push(samples) {
          const frameCount = samples.length / VAD_FRAME_SAMPLES;
          if (!Number.isInteger(frameCount)) {
            throw new RangeError(
              `a push takes whole frames of ${VAD_FRAME_SAMPLES} samples, not ${samples.length} samples`,
            );
          }
          if (!allFinite(samples)) throw new RangeError('samples must be finite');
          if (frameCount === 0) return new Float32Array(0);
          const views = cutViews(context, samples, frameCount);
          context.set(samples.subarray(samples.length - CONTEXT_SAMPLES));
          if (waitingFrames > 0 && waitingFrames + frameCount > MAX_WAITING_FRAMES) {
            throw ModelError.overloaded('voice activity');
          }
          waitingFrames += frameCount;
          const result = last.then(() => requestAll(views, frameCount));
          last = result.then(
            () => {
              waitingFrames -= frameCount;
            },
            () => {
              waitingFrames -= frameCount;
            },
          );
          return result;
        },
      };
    },
  };
}

/** Consecutive frames of a track that the graph has not seen yet. */
class DeferredFrames {
  readonly #views: Float32Array[] = [];
  /** The view of each frame. */
  readonly order: number[] = [];
  #endsSilent = false;

  get isFull(): boolean {
    return this.#views.length >= MAX_DEFERRED_VIEWS || this.order.length >= MAX_DEFERRED_STEPS;
  }

  /** Returns the frame's step. The view's buffer is kept. */
  add(view: Float32Array): number {
    const isSilent = isDigitalSilence(view);
    if (!(isSilent && this.#endsSilent)) this.#views.push(view);
    this.#endsSilent = isSilent;
    this.order.push(this.#views.length - 1);
    return this.order.length - 1;
  }

  joined(): Float32Array {
    const joined = new Float32Array(this.#views.length * FRAME_VIEW_SAMPLES);
    for (const [index, view] of this.#views.entries()) joined.set(view, index * FRAME_VIEW_SAMPLES);
    return joined;
  }
}

function isDigitalSilence(samples: Float32Array): boolean {
  for (let i = 0; i < samples.length; i += 1) if (samples[i] !== 0) return false;
  return true;
}

/** Each frame, preceded by the samples before it: `[frames, 576]`. */
function cutViews(context: Float32Array, samples: Float32Array, frameCount: number): Float32Array {
  const views = new Float32Array(frameCount * FRAME_VIEW_SAMPLES);
  views.set(context);
  views.set(samples.subarray(0, VAD_FRAME_SAMPLES), CONTEXT_SAMPLES);
  for (let frame = 1; frame < frameCount; frame += 1) {
    const start = frame * VAD_FRAME_SAMPLES;
    views.set(samples.subarray(start - CONTEXT_SAMPLES, start + VAD_FRAME_SAMPLES), frame * FRAME_VIEW_SAMPLES);
  }
  return views;
}

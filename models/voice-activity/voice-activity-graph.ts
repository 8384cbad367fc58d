import { fileURLToPath } from 'node:url';
import { allFinite } from '../all-finite.ts';
import { ModelError } from '../model-error.ts';
import type { GraphRunner, Tensor } from '../runtime/tensor.ts';

const GRAPH = 'voice-activity';

/** The voice-activity graph by name, for a {@link GraphRunner}: absolute path of a vendored ONNX file (Silero VAD v5). */
export const VOICE_ACTIVITY_GRAPHS = {
  [GRAPH]: fileURLToPath(new URL('./voice-activity.onnx', import.meta.url)),
} as const;

/** Samples that the graph sees of a frame: the frame's own 512, and the 64 before them. */
export const FRAME_VIEW_SAMPLES = 576;
/** Values of a track's state: the LSTM's hidden values, then its cell. */
export const VOICE_STATE_SIZE = 256;

const STATE_HALF = VOICE_STATE_SIZE / 2;
/** The graph looks at each frame through four windows, one every 128 samples. */
const WINDOW_SAMPLES = 256;
const WINDOW_STEP_SAMPLES = 128;
const WINDOWS_PER_FRAME = 4;

/**
 * Tracks with more steps run apart from those with fewer: the LSTM takes as many steps for every track of a run. They are
 * rare, and longer than a push.
 */
const MOST_SHORT_STEPS = 16;

/** Consecutive frames of one track. */
export interface TrackFrames {
  /** `[frames, 576]`, at least one frame. */
  readonly views: Float32Array;
  /** The frame that the track has at each step, by its position among the views. At least one. */
  readonly order: readonly number[];
  /** The state after the frame before them: `[256]`, zeros at the start. */
  readonly state: Float32Array;
}

export interface ScoredFrames {
  /** Probability of speech at each step, 0…1. */
  readonly probabilities: Float32Array;
  /** The state after the last frame. */
  readonly state: Float32Array;
}

/**
 * Scores frames of several tracks in one or two runs of the graph. The result of a track does not depend on the other
 * tracks, nor on how its frames are spread over runs, to the last bit. An `Error` in place of a result concerns only its
 * track.
 */
export async function scoreTracks(
  runner: Pick<GraphRunner, 'run'>,
  tracks: readonly TrackFrames[],
): Promise<readonly (ScoredFrames | Error)[]> {
  const isShort = ({ order }: TrackFrames): boolean => order.length <= MOST_SHORT_STEPS;
  const [short, long] = [tracks.filter(isShort), tracks.filter((track) => !isShort(track))];
  const [shortResults, longResults] = await Promise.all([runTracks(runner, short), runTracks(runner, long)]);
  if (long.length === 0) return shortResults;
  const [nextShort, nextLong] = [shortResults.values(), longResults.values()];
  return tracks.map((track) => (isShort(track) ? nextShort : nextLong).next().value!);
}

async function runTracks(
  runner: Pick<GraphRunner, 'run'>,
  tracks: readonly TrackFrames[],
): Promise<readonly (ScoredFrames | Error)[]> {
  if (tracks.length === 0) return [];
  const counts = tracks.map(({ order }) => order.length);
  const stepCount = Math.max(...counts);
  const outputs = await runner.run(GRAPH, { ...toWindows(tracks), ...toTracks(tracks, counts, stepCount) });
  const [speech, hidden, cell] = [outputs.speech, outputs.next_hidden, outputs.next_cell].map(floatsOf);
  const isWhole = speech?.length === stepCount * tracks.length && hidden?.length === tracks.length * STATE_HALF;
  if (!isWhole || cell?.length !== hidden.length) throw noProbability();
  return counts.map((count, track) => {
    const probabilities = Float32Array.from({ length: count }, (_, step) => speech[step * tracks.length + track]!);
    if (!allFinite(probabilities)) return noProbability();
    const state = new Float32Array(VOICE_STATE_SIZE);
    state.set(hidden.subarray(track * STATE_HALF, (track + 1) * STATE_HALF));
    state.set(cell.subarray(track * STATE_HALF, (track + 1) * STATE_HALF), STATE_HALF);
    return { probabilities, state };
  });
}

function noProbability(): ModelError {
  return ModelError.failed('The voice-activity graph gave no probability per frame.');
}

function floatsOf(tensor: Tensor | undefined): Float32Array | undefined {
  return tensor?.dtype === 'float32' ? tensor.data : undefined;
}

/** The windows of all frames, track by track: `[4 × frames, 256]`. The last window of a frame ends with its reflection. */
function toWindows(tracks: readonly TrackFrames[]): { windows: Tensor } {
  const frameCount = tracks.reduce((sum, { views }) => sum + views.length / FRAME_VIEW_SAMPLES, 0);
  const windowCount = WINDOWS_PER_FRAME * frameCount;
  const data = new Float32Array(windowCount * WINDOW_SAMPLES);
  let at = 0;
  for (const { views } of tracks) {
    for (let start = 0; start < views.length; start += FRAME_VIEW_SAMPLES) {
      const end = start + FRAME_VIEW_SAMPLES;
      for (let window = 0; window < WINDOWS_PER_FRAME; window += 1) {
        const from = start + window * WINDOW_STEP_SAMPLES;
        data.set(views.subarray(from, Math.min(from + WINDOW_SAMPLES, end)), at + window * WINDOW_SAMPLES);
      }
      at += WINDOWS_PER_FRAME * WINDOW_SAMPLES;
      const reflected = FRAME_VIEW_SAMPLES % WINDOW_STEP_SAMPLES;
      for (let i = 0; i < reflected; i += 1) data[at - reflected + i] = views[end - 2 - i]!;
    }
  }
  return { windows: { dtype: 'float32', shape: [windowCount, WINDOW_SAMPLES], data } };
}

/** Which frame each track has at each step, how many it has, and its state. */
function toTracks(tracks: readonly TrackFrames[], counts: readonly number[], stepCount: number) {
  const order = new BigInt64Array(stepCount * tracks.length);
  const hidden = new Float32Array(tracks.length * STATE_HALF);
  const cell = new Float32Array(tracks.length * STATE_HALF);
  let firstFrame = 0;
  for (const [track, { views, order: frames, state }] of tracks.entries()) {
    for (const [step, frame] of frames.entries()) order[step * tracks.length + track] = BigInt(firstFrame + frame);
    firstFrame += views.length / FRAME_VIEW_SAMPLES;
    hidden.set(state.subarray(0, STATE_HALF), track * STATE_HALF);
    cell.set(state.subarray(STATE_HALF), track * STATE_HALF);
  }
  const stateShape = [1, tracks.length, STATE_HALF];
  return {
    order: { dtype: 'int64', shape: [stepCount, tracks.length], data: order },
    lengths: { dtype: 'int64', shape: [tracks.length], data: BigInt64Array.from(counts, BigInt) },
    hidden: { dtype: 'float32', shape: stateShape, data: hidden },
    cell: { dtype: 'float32', shape: stateShape, data: cell },
  } as const;
}

import { VAD_FRAME_SAMPLES } from '../../../models/index.ts';
import type { GraphRunner } from '../../../models/runtime/tensor.ts';
import {
  FRAME_VIEW_SAMPLES,
  type ScoredFrames,
  type TrackFrames,
} from '../../../models/voice-activity/voice-activity-graph.ts';
import { openVoiceActivityModel } from '../../../models/voice-activity/voice-activity-model.ts';
import {
  addFrame,
  type Boundary,
  closeOpen,
  createBoundaries,
  startAnew,
} from '../../../pipeline/window/boundaries.ts';
import { scoreTrackOn } from '../../support/models/score-track.ts';

/** The pipeline's defaults. */
const BOUNDARIES = { maxUtteranceMs: 15_000, endSilenceMs: 600, minSpeechMs: 200, preRollMs: 120, interimMs: 5000 };
const PUSH_FRAMES = 8;
const CONTEXT_SAMPLES = FRAME_VIEW_SAMPLES - VAD_FRAME_SAMPLES;
/** Edges further apart than this are not the same edge. */
const SAME_EDGE_FRAMES = 20;

export interface EdgeCounts {
  frames: number;
  /** Frames that were answered at once, because they cannot hold a voice. */
  skipped: number;
  /** Runs of the graph when each frame is pushed as it comes. */
  runs: number;
  edges: number;
  /** Edges that lie elsewhere by more than one and by more than three frames. Lost and new ones count in both. */
  movedByOne: number;
  movedByThree: number;
}

interface Edge {
  readonly kind: Boundary['kind'];
  readonly frame: number;
}

/** Compares the edges of a line's utterances with those that the graph gives when it looks at every frame. */
export async function measureEdges(runner: Pick<GraphRunner, 'run'>, samples: Float32Array): Promise<EdgeCounts> {
  const frames = Math.floor(samples.length / VAD_FRAME_SAMPLES);
  const score = scoreTrackOn(runner);
  let runs = 0;
  const counting = (track: TrackFrames): Promise<ScoredFrames> => {
    runs += 1;
    return score(track);
  };
  const whole = edgesOf(await scoreEvery(score, samples, frames));
  const needed = await scoreNeeded(counting, samples, frames);
  const moves = compare(whole, edgesOf(needed));
  return {
    frames,
    skipped: needed.filter((probability) => probability === 0).length,
    runs,
    edges: moves.length,
    movedByOne: moves.filter((move) => move > 1).length,
    movedByThree: moves.filter((move) => move > 3).length,
  };
}

type Score = (track: TrackFrames) => Promise<ScoredFrames>;

async function scoreEvery(score: Score, samples: Float32Array, frames: number): Promise<Float32Array> {
  const probabilities = new Float32Array(frames);
  let state: Float32Array = new Float32Array(256);
  for (let first = 0; first < frames; first += PUSH_FRAMES) {
    const count = Math.min(PUSH_FRAMES, frames - first);
    const views = new Float32Array(count * FRAME_VIEW_SAMPLES);
    for (let frame = 0; frame < count; frame += 1) {
      const start = (first + frame) * VAD_FRAME_SAMPLES;
      const context = samples.subarray(Math.max(0, start - CONTEXT_SAMPLES), start + VAD_FRAME_SAMPLES);
      views.set(context, (frame + 1) * FRAME_VIEW_SAMPLES - context.length);
    }
    const scored = await score({ views, order: Array.from({ length: count }, (_, frame) => frame), state });
    state = scored.state;
    probabilities.set(scored.probabilities, first);
  }
  return probabilities;
}

async function scoreNeeded(score: Score, samples: Float32Array, frames: number): Promise<Float32Array> {
  const stream = openVoiceActivityModel(score).openStream();
  const probabilities = new Float32Array(frames);
  for (let frame = 0; frame < frames; frame += 1) {
    const start = frame * VAD_FRAME_SAMPLES;
    probabilities.set(await stream.push(samples.subarray(start, start + VAD_FRAME_SAMPLES)), frame);
  }
  return probabilities;
}

function edgesOf(probabilities: Float32Array): Edge[] {
  const boundaries = createBoundaries(BOUNDARIES);
  startAnew(boundaries, 0, 0);
  for (const probability of probabilities) addFrame(boundaries, probability);
  closeOpen(boundaries, probabilities.length * VAD_FRAME_SAMPLES, 'track-end');
  return boundaries.decided.map((boundary) => ({
    kind: boundary.kind,
    frame: (boundary.kind === 'opened' ? boundary.startSample : boundary.endSample) / VAD_FRAME_SAMPLES,
  }));
}

/** How far each edge moved, in frames; infinite for a lost or a new one. */
function compare(before: readonly Edge[], after: readonly Edge[]): number[] {
  const left = [...after];
  const moves = before.map(({ kind, frame }) => {
    const distances = left.map((edge) =>
      edge.kind === kind ? Math.abs(edge.frame - frame) : Number.POSITIVE_INFINITY,
    );
    const nearest = Math.min(Number.POSITIVE_INFINITY, ...distances);
    if (nearest > SAME_EDGE_FRAMES) return Number.POSITIVE_INFINITY;
    left.splice(distances.indexOf(nearest), 1);
    return nearest;
  });
  return [...moves, ...left.map(() => Number.POSITIVE_INFINITY)];
}

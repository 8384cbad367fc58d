import type { GraphRunner } from '../../../models/runtime/tensor.ts';
import {
  type ScoredFrames,
  scoreTracks,
  type TrackFrames,
} from '../../../models/voice-activity/voice-activity-graph.ts';

/** Scores one track per run of the graph. */
export function scoreTrackOn(runner: Pick<GraphRunner, 'run'>): (track: TrackFrames) => Promise<ScoredFrames> {
  return async (track) => {
    const [scored] = await scoreTracks(runner, [track]);
    if (scored === undefined || scored instanceof Error) throw scored;
    return scored;
  };
}

import { Moments } from './moments.ts';

/** Runs of frames of one kind; lengths in seconds. */
export interface SegmentStatistics {
  readonly count: number;
  readonly meanSeconds: number;
  readonly stddevSeconds: number;
}

/** Runs with fewer frames are not segments. */
const SHORTEST_RUN = 3;

/**
 * Runs of frames that are voiced (not zero) or unvoiced (zero). As in openSMILE, one frame of the other kind does not
 * end a run, and a run lasts from its first frame's start to its last frame's start.
 */
export function segmentStatistics(
  pitch: Float64Array,
  length: number,
  voiced: boolean,
  frameSeconds: number,
): SegmentStatistics {
  const moments = new Moments();
  const matches = (t: number) => t >= 0 && t < length && (pitch[t] !== 0) === voiced;
  let count = 0;
  let run = 0;
  for (let t = 0; t <= length; t++) {
    if (t < length && (matches(t) || (matches(t - 1) && matches(t + 1)))) {
      run++;
      continue;
    }
    if (run >= SHORTEST_RUN) {
      moments.add((run - 1) * frameSeconds);
      count++;
    }
    run = 0;
  }
  return { count, meanSeconds: moments.mean, stddevSeconds: moments.stddev };
}

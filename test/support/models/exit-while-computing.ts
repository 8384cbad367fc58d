// Exits with code 5 while worker threads compute. Arguments: `load` exits while they load; `run` while they run graphs.
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import {
  FRAME_VIEW_SAMPLES,
  scoreTracks,
  VOICE_ACTIVITY_GRAPHS,
  VOICE_STATE_SIZE,
} from '../../../models/voice-activity/voice-activity-graph.ts';

const FRAMES = 20_000;
const RUNS = 100;
const opening = [1, 2].map(() => openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu' }));
if (process.argv[2] === 'run') {
  for (const worker of await Promise.all(opening)) {
    for (let run = 0; run < RUNS; run += 1) {
      const track = {
        views: new Float32Array((FRAMES / RUNS) * FRAME_VIEW_SAMPLES),
        order: Array.from({ length: FRAMES / RUNS }, (_, frame) => frame),
        state: new Float32Array(VOICE_STATE_SIZE),
      };
      void scoreTracks(worker, [track]);
    }
  }
}
setTimeout(() => process.exit(5), 100);

// Exits with code 5 while worker threads compute. Arguments: `load` exits while they load; `run` while they run graphs.
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../../models/voice-activity/voice-activity-model.ts';

const FRAMES = 20_000;
const opening = [1, 2].map(() => openGraphWorker({ graphs: VOICE_ACTIVITY_GRAPHS, provider: 'cpu' }));
if (process.argv[2] === 'run') {
  for (const worker of await Promise.all(opening)) {
    void worker.scan('voice-activity', {
      steps: { input: { dtype: 'float32', shape: [FRAMES, 576], data: new Float32Array(FRAMES * 576) } },
      state: { state: { dtype: 'float32', shape: [2, 1, 128], data: new Float32Array(256) } },
      stateOutputs: { state: 'stateN' },
      constants: { sr: { dtype: 'int64', shape: [], data: BigInt64Array.of(16_000n) } },
    });
  }
}
setTimeout(() => process.exit(5), 100);

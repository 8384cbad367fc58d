// Runs as a separate process, so that a driver that crashes or hangs harms nothing else. Tries one execution provider
// with a model bundle and prints a ProviderTrial as JSON. Arguments: provider, bundle directory.
import {
  AUDIO_FEATURE_COUNT,
  FACE_GROUP_COUNT,
  FACE_GROUP_SIZE,
  FACE_SIZE_PX,
  openModels,
} from '../../../../models/index.ts';
import type { ProviderTrial } from './provider.ts';

const TOKENS = Int32Array.from({ length: 20 }, (_, index) => 1000 + index);
const PASSES = 5;

async function tryProvider(provider: 'cuda' | 'webgpu' | 'cpu', bundleDirectory: string): Promise<ProviderTrial> {
  let reason = '';
  const models = await openModels({
    bundleDirectory,
    providers: [provider],
    emotionWorkers: 1,
    log: (message) => {
      reason ||= /Failed to [^)]*/.exec(message)?.[0] ?? message;
    },
  });
  try {
    if (models.provider !== provider) return { passMs: null, reason };
    const { emotion } = models;
    const pixels = new Uint8Array(FACE_GROUP_COUNT * FACE_GROUP_SIZE * FACE_SIZE_PX ** 2).fill(128);
    const durationsMs: number[] = [];
    for (let pass = 0; pass < PASSES; pass += 1) {
      const startedAtMs = performance.now();
      const [text, video] = await Promise.all([
        emotion.embedText({ ids: TOKENS }),
        emotion.embedFaces({ pixels, faceCount: 10 }),
      ]);
      await emotion.fuse({
        text: text.embedding,
        audio: new Float32Array(AUDIO_FEATURE_COUNT),
        video: video.embedding,
      });
      durationsMs.push(performance.now() - startedAtMs);
    }
    return { passMs: Math.min(...durationsMs), reason: null };
  } finally {
    await models.close();
  }
}

const [provider = 'cpu', bundleDirectory = ''] = process.argv.slice(2);
try {
  process.stdout.write(JSON.stringify(await tryProvider(provider as 'cpu', bundleDirectory)));
} catch (error) {
  process.stdout.write(JSON.stringify({ passMs: null, reason: String((error as Error).message).split('\n', 1)[0] }));
}

import { VAD_FRAME_SAMPLES, type VoiceActivityStream } from '../../../models/index.ts';
import { createNoise } from '../../pipeline/features/audio/clips.ts';
import { openShippedModels } from '../../support/e2e/real-server.ts';
import { nearestRank } from '../statistics.ts';

const TRACK_COUNTS = [2, 4, 8, 16, 32] as const;
const ROUNDS = 15;
/** Frames of each track per measurement. */
const FRAMES = 16;

export interface BatchCost {
  readonly tracks: number;
  /** CPU time of all threads per frame, when the tracks push at once, in ms. */
  readonly frameMs: number;
  /** The same over the time per frame when they push one after the other. */
  readonly ratio: number;
}

/** What a frame costs when several tracks push one frame each at the same time, as the tracks of live calls do. */
export async function measureBatches(): Promise<BatchCost[]> {
  const models = await openShippedModels();
  try {
    const random = createNoise(5);
    const frame = Float32Array.from({ length: VAD_FRAME_SAMPLES }, () => 0.3 * random());
    const costs = TRACK_COUNTS.map((tracks) => ({
      tracks,
      streams: Array.from({ length: tracks }, (_, track) =>
        models.forSession(`session ${track}`).voiceActivity.openStream(),
      ),
      frameMs: [] as number[],
      ratios: [] as number[],
    }));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const { tracks, streams, frameMs, ratios } of costs) {
        const frames = tracks * FRAMES;
        const together = (await cpuMsOf(() => pushTogether(streams, frame))) / frames;
        const apart = (await cpuMsOf(() => pushApart(streams, frame))) / frames;
        frameMs.push(together);
        ratios.push(together / apart);
      }
    }
    return costs.map(({ tracks, frameMs, ratios }) => ({
      tracks,
      frameMs: nearestRank(frameMs, 0.5),
      ratio: nearestRank(ratios, 0.5),
    }));
  } finally {
    await models.close();
  }
}

async function pushTogether(streams: readonly VoiceActivityStream[], frame: Float32Array): Promise<void> {
  for (let count = 0; count < FRAMES; count += 1) await Promise.all(streams.map((stream) => stream.push(frame)));
}

async function pushApart(streams: readonly VoiceActivityStream[], frame: Float32Array): Promise<void> {
  for (let count = 0; count < FRAMES; count += 1) for (const stream of streams) await stream.push(frame);
}

async function cpuMsOf(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

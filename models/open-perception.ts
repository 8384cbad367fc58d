import { FACE_GRAPHS, type FaceModels, openFaceModels } from './faces/face-models.ts';
import type { VoiceActivityModel } from './model-interfaces.ts';
import type { BatcherStats } from './runtime/dynamic-batcher.ts';
import { type GraphWorkerOptions, type GraphWorkerStats, openGraphWorker } from './runtime/graph-worker.ts';
import { shareGraphWorker } from './runtime/shared-graph-worker.ts';
import { openVoiceEncoder, VOICE_GRAPHS, type VoiceEncoder } from './voice/voice-encoder.ts';
import {
  FRAME_VIEW_SAMPLES,
  type ScoredFrames,
  scoreTracks,
  type TrackFrames,
  VOICE_ACTIVITY_GRAPHS,
} from './voice-activity/voice-activity-graph.ts';
import { openVoiceActivityModel } from './voice-activity/voice-activity-model.ts';

/** The models that hear and see, as one session uses them. */
export interface PerceptionModels {
  readonly voiceActivity: VoiceActivityModel;
  readonly voice: VoiceEncoder;
  readonly faces: FaceModels;
}

/** Voice activity, voices and faces on one thread, which sessions share by the time that their requests take. */
export interface Perception {
  forSession(sessionId: string): PerceptionModels;
  stats(): PerceptionStats;
  /** Rejects what waits as `closed`, lets running work finish and ends the thread. */
  close(): Promise<void>;
}

export interface PerceptionStats {
  readonly batcher: BatcherStats;
  readonly worker: GraphWorkerStats;
}

/** Time of one run, in ms of one core. */
const COSTS_MS = {
  'voice-encoder': 12,
  'face-detector': 2,
  'face-landmarks': 3,
} as const;

/** Time of voice activity per track, frame and step of the LSTM, in ms of one core, in a batch of several tracks. */
const TRACK_COST_MS = 0.05;
const FRAME_COST_MS = 0.06;
const STEP_COST_MS = 0.015;
/**
 * A batch of voice activity. Its cost delays every other session. While two batches are at the worker, frames gather for the
 * next one.
 */
const VOICE_ACTIVITY_BATCH = { maxBatch: 32, maxBatchCost: 4, isPadded: false, concurrency: 2 } as const;

/**
 * Loads the graphs into a thread of their own, which no text encoder can block.
 *
 * @throws ModelError `failed` when a graph cannot be loaded
 */
export async function openPerception(options: Pick<GraphWorkerOptions, 'log' | 'startThread'>): Promise<Perception> {
  const worker = await openGraphWorker({
    ...options,
    name: 'perception worker',
    graphs: { ...VOICE_ACTIVITY_GRAPHS, ...VOICE_GRAPHS, ...FACE_GRAPHS },
    provider: 'cpu',
  });
  const shared = shareGraphWorker({ name: 'perception', worker, costs: COSTS_MS });
  const frames = shared.openLine<TrackFrames, ScoredFrames>({
    name: 'perception',
    ...VOICE_ACTIVITY_BATCH,
    costOf: ({ views, order }) =>
      TRACK_COST_MS + (FRAME_COST_MS * views.length) / FRAME_VIEW_SAMPLES + STEP_COST_MS * order.length,
    runBatch: (tracks) => scoreTracks(worker, tracks),
  });
  return {
    forSession(sessionId) {
      const graphs = shared.forSession(sessionId);
      return {
        voiceActivity: openVoiceActivityModel((track) => frames.submit(track, sessionId)),
        voice: openVoiceEncoder(graphs),
        faces: openFaceModels(graphs),
      };
    },
    stats: () => ({ batcher: shared.stats(), worker: worker.stats() }),
    close: () => shared.close(),
  };
}

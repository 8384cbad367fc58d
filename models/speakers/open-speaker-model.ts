import { dirname } from 'node:path';
import { checkFolder } from '../check-shipped-files.ts';
import { openGraphWorker } from '../runtime/graph-worker.ts';
import { shareGraphWorker } from '../runtime/shared-graph-worker.ts';
import { openSpeakerEncoder, SPEAKER_GRAPHS, type SpeakerEncoder } from './speaker-encoder.ts';

export interface OpenSpeakerModelOptions {
  /** Called with one line when the worker crashes. */
  readonly log: (message: string) => void;
}

/** The speaker encoder on its own thread, so that voice activity never waits behind it. */
export interface SpeakerModel {
  /** The encoder as one session uses it. Its requests take turns with those of other sessions. */
  forSession(sessionId: string): SpeakerEncoder;
  /** Rejects what waits as `closed`, lets running work finish and ends the thread. */
  close(): Promise<void>;
}

/** Time of one run, in ms of one core. */
const COSTS_MS = { 'speaker-encoder': 30 } as const;

/**
 * Loads the speaker encoder, which no other model needs. Its file is compared with its hash first.
 *
 * @throws ModelError `invalid-bundle` when the file is missing or damaged, `failed` when the graph cannot run
 */
export async function openSpeakerModel({ log }: OpenSpeakerModelOptions): Promise<SpeakerModel> {
  await checkFolder('speaker encoder', dirname(SPEAKER_GRAPHS['speaker-encoder']));
  const worker = await openGraphWorker({ name: 'speaker worker', graphs: SPEAKER_GRAPHS, provider: 'cpu', log });
  const shared = shareGraphWorker({ name: 'speakers', worker, costs: COSTS_MS });
  return {
    forSession: (sessionId) => openSpeakerEncoder(shared.forSession(sessionId)),
    close: () => shared.close(),
  };
}

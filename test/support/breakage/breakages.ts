import { Worker } from 'node:worker_threads';
import { ModelError, type SessionModels } from '../../../models/index.ts';
import { openGraphWorker } from '../../../models/runtime/graph-worker.ts';
import { openVoiceEncoder, VOICE_GRAPHS } from '../../../models/voice/voice-encoder.ts';
import { LAST_MESSAGE } from '../models/last-message.ts';

/** One way to break one stage, in its own session. */
export interface Breakage {
  /** Id of the session. */
  readonly id: string;
  /** Description of what is broken, for the table. */
  readonly what: string;
  /** Changes the models of the session. Default: unchanged. */
  readonly models?: (models: SessionModels) => SessionModels;
  /** What the publisher sends in addition to a voice. Default: nothing. */
  readonly sends?:
    | 'words'
    | 'picture'
    | 'torn picture'
    | 'damaged picture'
    | 'garbage result'
    | 'garbage packet'
    | 'picture twice'
    | 'fatal picture';
  /** The line that the log must contain. */
  readonly line: {
    readonly level: 'debug' | 'warn' | 'error';
    readonly stage: string;
    readonly code: string;
    readonly cause: RegExp | null;
    /** Ids that the line must contain in addition to the session. */
    readonly names: readonly ('participantId' | 'trackId' | 'utteranceId')[];
  };
}

const UTTERANCE = ['participantId', 'utteranceId'] as const;
const PICTURE = ['participantId', 'trackId', 'utteranceId'] as const;

/** Words that no log line may contain. */
export const SPOKEN = 'my secret diagnosis is confidential';

const fails = (message: string) => () => Promise.reject(new Error(message));

/** The ways to break a stage, in the order of the pipeline. */
export const BREAKAGES: readonly Breakage[] = [
  {
    id: 'packet-is-garbage',
    what: 'a media packet is garbage',
    sends: 'garbage packet',
    line: { level: 'debug', stage: 'ingest', code: 'malformed-packet', cause: null, names: [] },
  },
  {
    id: 'transcript-is-garbage',
    what: 'a recogniser’s result is garbage',
    sends: 'garbage result',
    line: { level: 'debug', stage: 'ingest', code: 'unreadable-result', cause: null, names: [] },
  },
  {
    id: 'picture-is-torn',
    what: 'a picture is cut short',
    sends: 'torn picture',
    line: {
      level: 'warn',
      stage: 'ingest',
      code: 'bad-image',
      cause: /PictureError \(unreadable\)/,
      names: ['participantId', 'trackId'],
    },
  },
  {
    id: 'picture-comes-twice',
    what: 'a picture comes twice',
    sends: 'picture twice',
    line: { level: 'debug', stage: 'sync', code: 'duplicate', cause: null, names: ['participantId', 'trackId'] },
  },
  {
    id: 'voice-activity-throws',
    what: 'the voice-activity model throws',
    models: (models) => ({ ...models, voiceActivity: { openStream: () => ({ push: fails('no memory left') }) } }),
    line: {
      level: 'warn',
      stage: 'window',
      code: 'voice-activity-failed',
      cause: /no memory left/,
      names: ['participantId'],
    },
  },
  {
    id: 'picture-does-not-decode',
    what: 'a picture’s decoder throws',
    sends: 'damaged picture',
    line: {
      level: 'warn',
      stage: 'features',
      code: 'picture-failed',
      cause: /PictureError \(unreadable\)/,
      names: PICTURE,
    },
  },
  {
    id: 'face-detector-throws',
    what: 'the face detector throws',
    sends: 'picture',
    models: (models) => ({ ...models, faces: { ...models.faces, detect: fails('no such node') } }),
    line: { level: 'warn', stage: 'features', code: 'picture-failed', cause: /no such node/, names: PICTURE },
  },
  {
    id: 'voice-encoder-throws',
    what: 'the voice encoder throws',
    models: (models) => ({ ...models, voice: { encode: fails('out of range') } }),
    line: { level: 'error', stage: 'features', code: 'features-failed', cause: /out of range/, names: UTTERANCE },
  },
  {
    id: 'worker-dies',
    what: 'the voice encoder’s thread dies',
    models: (models) => ({ ...models, voice: { encode: encodeOnDyingThread } }),
    line: {
      level: 'error',
      stage: 'features',
      code: 'features-failed',
      cause: /ModelError \(failed\): The voice worker stopped/,
      names: UTTERANCE,
    },
  },
  {
    id: 'words-are-not-read',
    what: 'reading the words throws, and quotes them',
    sends: 'words',
    models: (models) => ({
      ...models,
      language: {
        ...models.language,
        weigh: (text) => {
          throw new Error(`cannot weigh ${text}`);
        },
      },
    }),
    line: {
      level: 'error',
      stage: 'features',
      code: 'features-failed',
      cause: /Error \(message withheld/,
      names: UTTERANCE,
    },
  },
  {
    id: 'text-encoder-throws',
    what: 'the text encoder throws',
    sends: 'words',
    models: (models) => ({ ...models, emotion: { ...models.emotion, embedText: fails('bad token id') } }),
    line: { level: 'error', stage: 'inference', code: 'model-failed', cause: /bad token id/, names: UTTERANCE },
  },
  {
    id: 'fusion-throws',
    what: 'the fusion throws',
    models: (models) => ({ ...models, emotion: { ...models.emotion, fuse: fails('shape mismatch') } }),
    line: { level: 'error', stage: 'inference', code: 'model-failed', cause: /shape mismatch/, names: UTTERANCE },
  },
  {
    id: 'queue-is-full',
    what: 'the emotion model’s queue is full',
    models: (models) => ({
      ...models,
      emotion: { ...models.emotion, fuse: () => Promise.reject(ModelError.overloaded('fusion')) },
    }),
    line: {
      level: 'warn',
      stage: 'inference',
      code: 'model-overloaded',
      cause: /ModelError \(overloaded\)/,
      names: UTTERANCE,
    },
  },
  {
    id: 'answer-is-garbage',
    what: 'the emotion model’s answer is garbage',
    models: (models) => ({ ...models, emotion: { ...models.emotion, fuse: async () => ({}) as never } }),
    line: { level: 'error', stage: 'events', code: 'analysis-broke-off', cause: /TypeError/, names: [] },
  },
  // This one comes last, because the picture threads restart only after a pause.
  {
    id: 'picture-thread-dies',
    what: 'a picture’s decoder dies with its thread',
    sends: 'fatal picture',
    line: {
      level: 'warn',
      stage: 'features',
      code: 'picture-failed',
      cause: /PictureError \(crashed\)/,
      names: PICTURE,
    },
  },
];

/** Encodes a block on a thread that exits while it works. */
async function encodeOnDyingThread(...block: Parameters<ReturnType<typeof openVoiceEncoder>['encode']>) {
  let thread: Worker | undefined;
  const worker = await openGraphWorker({
    name: 'voice worker',
    graphs: VOICE_GRAPHS,
    provider: 'cpu',
    startThread: (workerData) => {
      thread = new Worker(new URL('../models/mortal-graph-thread.ts', import.meta.url), { workerData });
      return thread;
    },
  });
  const encoded = openVoiceEncoder(worker).encode(...block);
  thread?.postMessage(LAST_MESSAGE);
  try {
    return await encoded;
  } finally {
    await worker.close();
  }
}

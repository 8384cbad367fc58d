import type { TranscriptSourceName } from '../../../client-sdk/protocol/index.ts';
import { readAssemblyAi } from './assemblyai.ts';
import { readAws } from './aws.ts';
import { readAzure } from './azure.ts';
import { readDeepgram } from './deepgram.ts';
import { elevenLabsReader } from './elevenlabs.ts';
import { readGladia } from './gladia.ts';
import { readGoogle } from './google.ts';
import { openAiReader } from './openai.ts';
import type { ReadRecognized } from './recognized-segment.ts';
import { sonioxReader } from './soniox.ts';
import { readSpeechmatics } from './speechmatics.ts';
import { readVosk } from './vosk.ts';
import { readWhisper } from './whisper.ts';

/** Makes a reader for the messages of one call, for each supported recogniser. */
export const READERS: Readonly<Record<TranscriptSourceName, () => ReadRecognized>> = {
  assemblyai: () => readAssemblyAi,
  aws: () => readAws,
  azure: () => readAzure,
  deepgram: () => readDeepgram,
  elevenlabs: elevenLabsReader,
  gladia: () => readGladia,
  google: () => readGoogle,
  openai: openAiReader,
  soniox: sonioxReader,
  speechmatics: () => readSpeechmatics,
  vosk: () => readVosk,
  whisper: () => readWhisper,
};

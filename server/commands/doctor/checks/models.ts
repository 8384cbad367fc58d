import { dirname } from 'node:path';
import {
  FACE_GRAPHS,
  type FileVerdict,
  LANGUAGE_DIRECTORY,
  SPEAKER_GRAPHS,
  VOICE_ACTIVITY_GRAPHS,
  VOICE_GRAPHS,
  verifyFiles,
} from '../../../../models/index.ts';
import { type Finding, failure, ok, reasonOf } from '../finding.ts';

const FACES_DIRECTORY = dirname(FACE_GRAPHS['face-detector']);
const ACTIVITY_DIRECTORY = dirname(VOICE_ACTIVITY_GRAPHS['voice-activity']);
const VOICE_DIRECTORY = dirname(VOICE_GRAPHS['voice-encoder']);
const SPEAKERS_DIRECTORY = dirname(SPEAKER_GRAPHS['speaker-encoder']);

/** Checks every file of the bundle and of the other models that ship against its manifest. */
export async function checkModels(bundleDirectory: string, facesDirectory = FACES_DIRECTORY): Promise<Finding[]> {
  const findings = await Promise.all([
    checkFolder('model bundle', bundleDirectory, 'Put its files back: git checkout, or copy the bundle again.'),
    checkFolder('face models', facesDirectory, 'Put its files back: git checkout models/faces.'),
    checkFolder('voice activity', ACTIVITY_DIRECTORY, 'Put its files back: git checkout models/voice-activity.'),
    checkFolder('voice encoder', VOICE_DIRECTORY, 'Put its files back: git checkout models/voice.'),
    checkFolder('language model', LANGUAGE_DIRECTORY, 'Put its files back: git checkout models/language.'),
    checkFolder('speaker encoder', SPEAKERS_DIRECTORY, 'Put its files back: git checkout models/speakers.'),
  ]);
  return findings.flat();
}

async function checkFolder(what: string, directory: string, advice: string): Promise<Finding[]> {
  let verdicts: FileVerdict[];
  try {
    verdicts = await verifyFiles(directory);
  } catch (error) {
    return [failure(`${what}: ${reasonOf(error)}`, 'Set --model-bundle to a folder with a manifest.json.')];
  }
  const wrong = verdicts.filter(({ state }) => state !== 'intact');
  if (wrong.length === 0) return [ok(`${what}: as the manifest says, ${verdicts.map(({ file }) => file).join(', ')}`)];
  return wrong.map(({ file, state }) => failure(`${what}: ${file} is ${state}`, advice));
}

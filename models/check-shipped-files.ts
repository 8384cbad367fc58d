import { dirname } from 'node:path';
import { type FileVerdict, verifyFiles } from './bundle/verify-files.ts';
import { FACE_GRAPHS } from './faces/face-models.ts';
import { LANGUAGE_DIRECTORY } from './language/language-model.ts';
import { ModelError } from './model-error.ts';
import { VOICE_GRAPHS } from './voice/voice-encoder.ts';
import { VOICE_ACTIVITY_GRAPHS } from './voice-activity/voice-activity-graph.ts';

const FACES_DIRECTORY = dirname(FACE_GRAPHS['face-detector']);
const VOICE_DIRECTORY = dirname(VOICE_GRAPHS['voice-encoder']);
const ACTIVITY_DIRECTORY = dirname(VOICE_ACTIVITY_GRAPHS['voice-activity']);

/**
 * Checks the model files in the package that every server loads, as {@link readModelBundle} checks those of the bundle.
 *
 * @throws ModelError `invalid-bundle`, in one line that names the model and the file
 */
export async function checkShippedFiles(
  facesDirectory = FACES_DIRECTORY,
  voiceDirectory = VOICE_DIRECTORY,
  activityDirectory = ACTIVITY_DIRECTORY,
  languageDirectory = LANGUAGE_DIRECTORY,
): Promise<void> {
  const [faces, voice, activity, language] = await Promise.all([
    verifyFiles(facesDirectory),
    verifyFiles(voiceDirectory),
    verifyFiles(activityDirectory),
    verifyFiles(languageDirectory),
  ]);
  checkVerdicts('face models', faces);
  checkVerdicts('voice encoder', voice);
  checkVerdicts('voice activity', activity);
  checkVerdicts('language model', language);
}

/**
 * Checks the files of one model against the manifest in its folder.
 *
 * @throws ModelError `invalid-bundle`, in one line that names the model and the file
 */
export async function checkFolder(what: string, directory: string): Promise<void> {
  checkVerdicts(what, await verifyFiles(directory));
}

function checkVerdicts(what: string, verdicts: readonly FileVerdict[]): void {
  const wrong = verdicts.find(({ state }) => state !== 'intact');
  if (wrong !== undefined) throw ModelError.invalidBundle(`A file of the ${what} is ${wrong.state}: ${wrong.file}.`);
}

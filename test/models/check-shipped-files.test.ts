import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkFolder, checkShippedFiles } from '../../models/check-shipped-files.ts';
import { FACE_GRAPHS } from '../../models/faces/face-models.ts';
import { SPEAKER_GRAPHS } from '../../models/speakers/speaker-encoder.ts';
import { VOICE_GRAPHS } from '../../models/voice/voice-encoder.ts';
import { VOICE_ACTIVITY_GRAPHS } from '../../models/voice-activity/voice-activity-graph.ts';

async function copies() {
  const folder = await mkdtemp(join(tmpdir(), 'shipped-'));
  const [faces, voice, activity] = [join(folder, 'faces'), join(folder, 'voice'), join(folder, 'activity')];
  await cp(dirname(FACE_GRAPHS['face-detector']), faces, { recursive: true });
  await cp(dirname(VOICE_GRAPHS['voice-encoder']), voice, { recursive: true });
  await cp(dirname(VOICE_ACTIVITY_GRAPHS['voice-activity']), activity, { recursive: true });
  return { faces, voice, activity };
}

describe('the models that come with the package', () => {
  it('are as they were made', () => checkShippedFiles());

  it('are refused where a file is damaged or missing, and the error names it', async () => {
    const intact = await copies();
    await checkShippedFiles(intact.faces, intact.voice, intact.activity);
    await writeFile(join(intact.voice, 'voice-encoder.onnx'), 'x');
    await expect(checkShippedFiles(intact.faces, intact.voice, intact.activity)).rejects.toMatchObject({
      code: 'invalid-bundle',
      message: 'A file of the voice encoder is damaged: voice-encoder.onnx.',
    });
    await rm(join(intact.faces, 'face-landmarks.onnx'));
    await expect(checkShippedFiles(intact.faces, intact.voice, intact.activity)).rejects.toThrow(
      'A file of the face models is missing: face-landmarks.onnx.',
    );
    const { faces, voice, activity } = await copies();
    await cp(join(voice, 'voice-encoder.onnx'), join(activity, 'voice-activity.onnx'));
    await expect(checkShippedFiles(faces, voice, activity)).rejects.toThrow(
      'voice activity is damaged: voice-activity.onnx',
    );
  });

  it('check the speaker encoder, which few servers load, on its own', async () => {
    const folder = join(await mkdtemp(join(tmpdir(), 'shipped-')), 'speakers');
    await cp(dirname(SPEAKER_GRAPHS['speaker-encoder']), folder, { recursive: true });
    await checkFolder('speaker encoder', folder);
    await writeFile(join(folder, 'speaker-encoder.onnx'), 'x');
    await expect(checkFolder('speaker encoder', folder)).rejects.toThrow(
      'A file of the speaker encoder is damaged: speaker-encoder.onnx.',
    );
  });
});

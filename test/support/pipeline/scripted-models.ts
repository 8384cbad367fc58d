import { setImmediate } from 'node:timers/promises';
import type { SessionModels } from '../../../models/index.ts';
import { featureNeeds } from './feature-needs.ts';
import { languageModel } from './language-model.ts';
import { loudnessVoiceActivity } from './loudness-voice-activity.ts';
import { scriptedEmotionModel } from './scripted-emotion-model.ts';
import { scriptedVoiceEncoder } from './scripted-voice-encoder.ts';

/** Models that hear loudness, see no face and feel joy. Each answer takes a turn of the event loop, as a thread does. */
export function scriptedModels(): SessionModels {
  const unused = (): Promise<never> => Promise.reject(new Error('no picture could be read'));
  return {
    emotion: scriptedEmotionModel({}, featureNeeds()),
    voiceActivity: loudnessVoiceActivity(() => setImmediate()),
    voice: scriptedVoiceEncoder(),
    faces: { detect: unused, landmarks: unused },
    language: languageModel,
  };
}

/** Reads no picture, after a turn of the event loop. */
export async function unreadablePicture(): Promise<never> {
  await setImmediate();
  throw new Error('no picture can be read');
}

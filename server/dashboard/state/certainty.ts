import { EMOTION_NAMES, type EmotionScore } from '../../../client-sdk/protocol/index.ts';

/** What an answer is called that may not be relied on. */
export const UNCLEAR_NAME = 'Unclear';

/** Whether the label may not be relied on. An event that does not tell is taken as clear. */
export function isUnclear({ certain }: Pick<EmotionScore, 'certain'>): boolean {
  return certain === false;
}

/** The emotion in words: its name, or that it is unclear and what is most probable. */
export function describeEmotion(emotion: EmotionScore): string {
  const name = EMOTION_NAMES[emotion.label];
  return isUnclear(emotion) ? `${UNCLEAR_NAME}, perhaps ${name.toLowerCase()}` : name;
}

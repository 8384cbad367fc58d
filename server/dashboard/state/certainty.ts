import { EMOTION_NAMES, type EmotionScore } from '../../../client-sdk/protocol/index.ts';

/** Name of an answer that is not certain. */
export const UNCLEAR_NAME = 'Unclear';

/** Whether the label is not certain. An event that does not say counts as clear. */
export function isUnclear({ certain }: Pick<EmotionScore, 'certain'>): boolean {
  return certain === false;
}

/** Describes the emotion in words: its name, or that it is unclear and which emotion is most probable. */
export function describeEmotion(emotion: EmotionScore): string {
  const name = EMOTION_NAMES[emotion.label];
  return isUnclear(emotion) ? `${UNCLEAR_NAME}, perhaps ${name.toLowerCase()}` : name;
}

import type {
  EmotionLabel,
  EmotionScore,
  Modality,
  ModalityReason,
  ModalityReport,
  Participant,
  UtteranceEmotion,
} from '../protocol/index.ts';
import type { FollowStatus } from '../subscribe/session-store.ts';

/** Texts for people, the same as on the dashboard. */
export const EMOTION_NAMES: Readonly<Record<EmotionLabel, string>> = {
  anger: 'Anger',
  disgust: 'Disgust',
  fear: 'Fear',
  joy: 'Joy',
  neutral: 'Neutral',
  sadness: 'Sadness',
  surprise: 'Surprise',
};

/** The heading: the emotion's name, or that it is unclear. An event without `certain` counts as clear. */
export function emotionText({ label, certain }: EmotionScore): string {
  return certain === false ? 'Unclear' : EMOTION_NAMES[label];
}

/** The confidence of the emotion; if it is unclear, the most probable emotion. */
export function confidenceText({ label, confidence, certain }: EmotionScore): string {
  return certain === false
    ? `perhaps ${EMOTION_NAMES[label].toLowerCase()}, ${percent(confidence)}`
    : `${percent(confidence)} sure`;
}

/** The probability as a percentage, with a word if dissatisfaction is likely; the reason if an event has none. */
export function dissatisfactionText({ dissatisfaction, modalities }: UtteranceEmotion): string {
  if (dissatisfaction === undefined) return modalities.text.state === 'late' ? 'no words yet' : 'not judged';
  const { probability, likely } = dissatisfaction;
  return likely ? `${percent(probability)}, likely` : percent(probability);
}

/** The text of a score for screen readers. */
export function moodText({ participant, emotion, sentiment, dissatisfaction }: UtteranceEmotion): string {
  const perhaps = emotion.certain === false ? `, perhaps ${EMOTION_NAMES[emotion.label].toLowerCase()}` : '';
  const remark = dissatisfaction?.likely === true ? ', dissatisfaction likely' : '';
  return `${participantName(participant)}: ${emotionText(emotion)}${perhaps}, ${sentimentWord(sentiment.score)}${remark}`;
}

/** What people call the modalities, in the order in which they read them. */
export const MODALITY_NAMES: readonly (readonly [Modality, string])[] = [
  ['audio', 'Voice'],
  ['video', 'Face'],
  ['text', 'Words'],
];

const MODALITY_REASONS = new Map<string | undefined, string>(
  Object.entries({
    'unsupported-language': 'other language',
    'mouth-covered': 'mouth covered',
  } satisfies Record<ModalityReason, string>),
);

/** Name of a modality's state for people: its reason, if there is a known one. */
export function modalityText({ state, reason }: ModalityReport): string {
  return MODALITY_REASONS.get(reason) ?? state;
}

export const STATUS_NAMES: Readonly<Record<FollowStatus, string>> = {
  idle: 'Not connected',
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  ended: 'Ended',
  failed: 'Failed',
};

/** A share 0…1 as a whole percentage. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Sentiment −3…3 with its sign, and in words. */
export function sentimentText(score: number): string {
  const text = Math.abs(score).toFixed(1);
  const signed = text === '0.0' ? text : `${score < 0 ? '−' : '+'}${text}`;
  return `${signed} ${sentimentWord(score)}`;
}

export function sentimentWord(score: number): string {
  if (score <= -1.75) return 'very negative';
  if (score <= -0.5) return 'negative';
  if (score < 0.5) return 'neutral';
  return score < 1.75 ? 'positive' : 'very positive';
}

/** Whether more words may still revise the result. */
export function revisionText({ revision, modalities }: UtteranceEmotion): string {
  if (revision > 0) return 'Revised';
  const { state, reason } = modalities.text;
  return state === 'ok' || reason !== undefined ? 'Complete' : 'Provisional';
}

export function participantName({ displayName, id }: Participant): string {
  return displayName === null || displayName === '' ? id : displayName;
}

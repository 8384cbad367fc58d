import {
  EMOTION_NAMES,
  type EmotionScore,
  type ModalityReport,
  modalityReasonName,
  participantName,
  sentimentName,
  type UtteranceEmotion,
} from '../protocol/index.ts';
import type { FollowStatus } from '../subscribe/session-store.ts';

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
  return `${participantName(participant)}: ${emotionText(emotion)}${perhaps}, ${sentimentName(sentiment.score)}${remark}`;
}

/** Name of a modality's state for people: its reason, if there is a known one. */
export function modalityText({ state, reason }: ModalityReport): string {
  return modalityReasonName(reason) ?? state;
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
  return `${signed} ${sentimentName(score)}`;
}

/** Whether more words may still revise the result. */
export function revisionText({ revision, modalities }: UtteranceEmotion): string {
  if (revision > 0) return 'Revised';
  const { state, reason } = modalities.text;
  return state === 'ok' || reason !== undefined ? 'Complete' : 'Provisional';
}

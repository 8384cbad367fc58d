import type { EmotionLabel, Modality, ModalityReason, Participant, ParticipantRole } from './emotion-event.ts';

/** English name of each emotion, as shown to people. */
export const EMOTION_NAMES: Readonly<Record<EmotionLabel, string>> = {
  anger: 'Anger',
  disgust: 'Disgust',
  fear: 'Fear',
  joy: 'Joy',
  neutral: 'Neutral',
  sadness: 'Sadness',
  surprise: 'Surprise',
};

/** English name of each modality, as shown to people. */
export const MODALITY_NAMES: Readonly<Record<Modality, string>> = { text: 'Words', audio: 'Voice', video: 'Face' };

/** The order in which people read the modalities. */
export const MODALITY_ORDER = ['audio', 'video', 'text'] as const satisfies readonly Modality[];

const MODALITY_REASON_NAMES = new Map<string, string>(
  Object.entries({
    'unsupported-language': 'other language',
    'mouth-covered': 'mouth covered',
  } satisfies Record<ModalityReason, string>),
);

/** What people call the reason for a modality's state. Undefined where there is none, or where a newer server has more. */
export function modalityReasonName(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : MODALITY_REASON_NAMES.get(reason);
}

/** English name of each role, as shown to people. */
export const ROLE_NAMES: Readonly<Record<ParticipantRole, string>> = {
  customer: 'Customer',
  agent: 'Agent',
  attendee: 'Attendee',
  unknown: 'Speaker',
};

/** What to call a participant: the display name, else the role, else the id. */
export function participantName({ displayName, role, id }: Participant): string {
  if (displayName !== null && displayName !== '') return displayName;
  return role === 'unknown' ? id : ROLE_NAMES[role];
}

/** Sentiment −3…3 in words. */
export function sentimentName(score: number): string {
  if (score <= -1.75) return 'very negative';
  if (score <= -0.5) return 'negative';
  if (score < 0.5) return 'neutral';
  return score < 1.75 ? 'positive' : 'very positive';
}

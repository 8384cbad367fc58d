import {
  type EmotionLabel,
  type EvidenceSet,
  MODALITY_REASONS,
  type Modality,
  type ModalityReason,
  type ModalityReport,
  type ModalityState,
  type ParticipantRole,
} from '../../../client-sdk/protocol/index.ts';

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

/** One character an emotion, all different, for places too small for its name: colour is never the only carrier. */
export const EMOTION_LETTERS: Readonly<Record<EmotionLabel, string>> = {
  anger: 'A',
  disgust: 'D',
  fear: 'F',
  joy: 'J',
  neutral: 'N',
  sadness: 'S',
  surprise: '!',
};

/** Bottom to top in a stacked picture: what pulls down lies low, what lifts lies high, neutral parts them. */
export const STACK_ORDER = ['anger', 'disgust', 'fear', 'sadness', 'neutral', 'surprise', 'joy'] as const;

/** What people call the modalities. */
export const MODALITY_NAMES: Readonly<Record<Modality, string>> = { text: 'Words', audio: 'Voice', video: 'Face' };

/** What people call the sets of modalities in which the model finds evidence. */
export const EVIDENCE_SET_NAMES: Readonly<Record<EvidenceSet, string>> = {
  text: 'words',
  audio: 'voice',
  video: 'face',
  'text-audio': 'words × voice',
  'text-video': 'words × face',
  'audio-video': 'voice × face',
  'text-audio-video': 'words × voice × face',
  'pairs-of-text': 'words × (voice + face)',
  'pairs-of-audio': 'voice × (words + face)',
  'pairs-of-video': 'face × (words + voice)',
};

/** The order in which people read the modalities. */
export const MODALITY_ORDER = ['audio', 'video', 'text'] as const satisfies readonly Modality[];

const MODALITY_STATE_NAMES: Readonly<Record<ModalityState, string>> = {
  ok: 'ok',
  noisy: 'noisy',
  absent: 'absent',
  late: 'late',
};

const MODALITY_REASON_NAMES: Readonly<Record<ModalityReason, string>> = { 'unsupported-language': 'other language' };
const MODALITY_REASON_HINTS: Readonly<Record<ModalityReason, string>> = {
  'unsupported-language': 'The words are in a language that the model does not read. They do not count.',
};

/** What people call the state of a modality: the reason, where the event tells one that this page knows. */
export function describeModality({ state, reason }: Pick<ModalityReport, 'state' | 'reason'>): {
  readonly name: string;
  /** A sentence that says more; undefined where there is no more to say. */
  readonly hint: string | undefined;
} {
  const known = MODALITY_REASONS.find((other) => other === reason);
  if (known === undefined) return { name: MODALITY_STATE_NAMES[state], hint: undefined };
  return { name: MODALITY_REASON_NAMES[known], hint: MODALITY_REASON_HINTS[known] };
}

export const ROLE_NAMES: Readonly<Record<ParticipantRole, string>> = {
  customer: 'Customer',
  agent: 'Agent',
  attendee: 'Attendee',
  unknown: 'Speaker',
};

import type {
  EmotionLabel,
  EvidenceSet,
  Modality,
  ModalityReason,
  ModalityReport,
  ModalityState,
  ParticipantRole,
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

interface Described {
  readonly name: string;
  readonly hint?: string;
}

const MODALITY_REASONS = new Map<string, Described>(
  Object.entries({
    'unsupported-language': {
      name: 'other language',
      hint: 'The words are in a language that the model does not read. They do not count.',
    },
    'mouth-covered': {
      name: 'mouth covered',
      hint: 'A mask or a hand covers the mouth. The face counts all the same.',
    },
  } satisfies Record<ModalityReason, Described>),
);

/**
 * What people call the state of a modality, by the reason where the event tells one that this page knows; `hint` is a
 * sentence that says more.
 */
export function describeModality({ state, reason }: Pick<ModalityReport, 'state' | 'reason'>): Described {
  const known = reason === undefined ? undefined : MODALITY_REASONS.get(reason);
  return known ?? { name: MODALITY_STATE_NAMES[state] };
}

export const ROLE_NAMES: Readonly<Record<ParticipantRole, string>> = {
  customer: 'Customer',
  agent: 'Agent',
  attendee: 'Attendee',
  unknown: 'Speaker',
};

import {
  type EmotionLabel,
  type EvidenceSet,
  type ModalityReason,
  type ModalityReport,
  modalityReasonName,
} from '../../../client-sdk/protocol/index.ts';

/** One distinct character per emotion, for places too small for its name. Colour is never the only difference. */
export const EMOTION_LETTERS: Readonly<Record<EmotionLabel, string>> = {
  anger: 'A',
  disgust: 'D',
  fear: 'F',
  joy: 'J',
  neutral: 'N',
  sadness: 'S',
  surprise: '!',
};

/** Order of a stacked chart from bottom to top: negative emotions low, positive ones high, and neutral between them. */
export const STACK_ORDER = ['anger', 'disgust', 'fear', 'sadness', 'neutral', 'surprise', 'joy'] as const;

/** Display names of the evidence sets. */
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

interface Described {
  readonly name: string;
  /** A sentence with more details. */
  readonly hint?: string;
}

const MODALITY_REASON_HINTS = new Map<string | undefined, string>(
  Object.entries({
    'unsupported-language': 'The words are in a language that the model does not read. They do not count.',
    'mouth-covered': 'A mask or a hand covers the mouth. The face counts all the same.',
  } satisfies Record<ModalityReason, string>),
);

/** Display name of a modality's state. Uses the name of the reason, if the event has a reason that this page knows. */
export function describeModality({ state, reason }: Pick<ModalityReport, 'state' | 'reason'>): Described {
  const name = modalityReasonName(reason);
  const hint = MODALITY_REASON_HINTS.get(reason);
  return name === undefined ? { name: state } : { name, ...(hint !== undefined && { hint }) };
}

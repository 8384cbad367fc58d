import type { Participant } from '../../../client-sdk/protocol/index.ts';
import { AUDIO_FEATURE_COUNT } from '../../../models/index.ts';
import type { UtteranceFeatures } from '../../../pipeline/features/utterance-features.ts';
import type { Utterance } from '../../../pipeline/window/utterance.ts';

export const DANA: Participant = { id: 'dana', role: 'customer', displayName: 'Dana' };

/** An utterance of Dana over `[startMs, endMs)`. */
export function utterance(startMs = 1000, endMs = 3000): Utterance {
  return { id: `dana-${startMs}`, participant: DANA, startMs, endMs, endedBy: 'silence' };
}

/** Features of an utterance with only a voice, apart from `changes`. */
export function features(changes: Partial<UtteranceFeatures> = {}): UtteranceFeatures {
  return {
    kind: 'features',
    utterance: utterance(),
    revision: 0,
    tensors: { text: null, audio: new Float32Array(AUDIO_FEATURE_COUNT), video: null, baseline: null },
    conditions: {
      text: { state: 'late', quality: null },
      audio: { state: 'ok', quality: 0.876 },
      video: { state: 'absent', quality: null },
    },
    text: null,
    words: [],
    causedAtMs: 0,
    ...changes,
  };
}

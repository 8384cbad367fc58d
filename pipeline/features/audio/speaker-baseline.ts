import { AUDIO_FEATURE_COUNT, type AudioBaseline, type AudioFeatures } from '../../../models/index.ts';

/** What one participant's baseline holds, in bytes. */
export const BASELINE_BYTES = AUDIO_FEATURE_COUNT * Float32Array.BYTES_PER_ELEMENT;

/** The baseline with one utterance more; null stands for that of nobody's utterance yet. Neither argument is changed. */
export function addToBaseline(baseline: AudioBaseline | null, features: AudioFeatures): AudioBaseline {
  if (baseline === null) return { mean: features, utterances: 1 };
  const { mean } = baseline;
  const utterances = baseline.utterances + 1;
  return { mean: mean.map((value, feature) => value + (features[feature]! - value) / utterances), utterances };
}

/**
 * What each participant of a call sounded like in its utterances so far. An utterance is compared with those that were
 * added before it, and its own voice counts for those after it. One without a voice counts for none.
 */
export class SpeakerBaselines {
  /** By participant; settles once the voices of all its utterances so far are known. Never rejects. */
  readonly #newest = new Map<string, Promise<AudioBaseline | null>>();
  readonly #onHeld: (bytes: number) => void;

  /** @param onHeld - told of bytes that are held from now on */
  constructor(onHeld: (bytes: number) => void = () => {}) {
    this.#onHeld = onHeld;
  }

  /**
   * Adds an utterance, in the order in which the participant's utterances begin.
   *
   * @param voice - its features, null without a voice; where it rejects, the utterance counts for none
   * @returns what the utterance is compared with: of the utterances before it, null where none had a voice
   */
  add(participantId: string, voice: Promise<AudioFeatures | null>): Promise<AudioBaseline | null> {
    const before = this.#newest.get(participantId) ?? Promise.resolve(null);
    this.#newest.set(participantId, this.#after(before, voice));
    return before;
  }

  async #after(
    before: Promise<AudioBaseline | null>,
    voice: Promise<AudioFeatures | null>,
  ): Promise<AudioBaseline | null> {
    const features = await voice.catch(() => null);
    const baseline = await before;
    if (features === null) return baseline;
    if (baseline === null) this.#onHeld(BASELINE_BYTES);
    return addToBaseline(baseline, features);
  }
}

import { AUDIO_FEATURE_COUNT, type AudioBaseline, type AudioFeatures } from '../../../models/index.ts';

/** What one participant's baseline holds, in bytes. */
export const BASELINE_BYTES = AUDIO_FEATURE_COUNT * Float32Array.BYTES_PER_ELEMENT;

/** The baseline with one more utterance; null is a baseline without utterances. Neither argument is changed. */
export function addToBaseline(baseline: AudioBaseline | null, features: AudioFeatures): AudioBaseline {
  if (baseline === null) return { mean: features, utterances: 1 };
  const { mean } = baseline;
  const utterances = baseline.utterances + 1;
  return { mean: mean.map((value, feature) => value + (features[feature]! - value) / utterances), utterances };
}

/**
 * The mean voice of each participant of a call so far. An utterance is compared with the utterances added before it, and
 * its own voice counts for those after it. An utterance without a voice does not count.
 */
export class SpeakerBaselines {
  /** By participant. Resolves once the voices of all its utterances so far are known. Never rejects. */
  readonly #newest = new Map<string, Promise<AudioBaseline | null>>();
  readonly #onHeld: (bytes: number) => void;

  /** @param onHeld - called with the number of further bytes that are held */
  constructor(onHeld: (bytes: number) => void = () => {}) {
    this.#onHeld = onHeld;
  }

  /**
   * Adds an utterance, in the order in which the participant's utterances begin.
   *
   * @param voice - its features; null without a voice. If it rejects, the utterance does not count.
   * @returns the baseline of the utterances before it; null if none had a voice
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

import type { LanguageEvidence } from './language-evidence.ts';

/** Margin by which another language must be more likely. Measured: see DECISIONS.md. */
const THRESHOLD = 200;
/** Most evidence that one utterance may add to the belief. */
const MOST_OF_ONE = 200;
/** Most that the belief may add to the next utterance: enough together with evidence in the utterance, never alone. */
const MOST_OF_MANY = THRESHOLD;
/** Most that the belief may subtract: after a language that is read, more evidence is needed for another one. */
const MOST_AGAINST = 2 * THRESHOLD;
/** Weight of an utterance's evidence against that of the next one. */
const DECAY = 0.8;
/** Without any belief, fewer words are not enough, because they may be names. */
const MIN_WORDS = 3;
const SOME_BELIEF = 0.3 * THRESHOLD;
/** Number of earlier utterances that count for an utterance. */
const MAX_COUNTED = 8;
/** Utterances that are kept, so that late words find the utterances before them. */
const MAX_REMEMBERED = 32;

interface Remembered {
  readonly utteranceId: string;
  readonly startMs: number;
  readonly margins: Float32Array;
}

/**
 * The belief about the language that one participant speaks. An utterance is judged by its own words and by those of the
 * utterances that started before it. The arrival time of a later utterance's words does not matter.
 */
export class LanguageBelief {
  /** By start. */
  readonly #remembered: Remembered[] = [];

  /** Whether the words are in a language that is not read. They replace earlier words of the same utterance. */
  isForeign(utterance: { readonly id: string; readonly startMs: number }, evidence: LanguageEvidence | null): boolean {
    this.#forget(utterance.id);
    if (evidence === null) return false;
    const { startMs } = utterance;
    const isForeign = evidence.isForeignScript || this.#outweighs(evidence, startMs);
    this.#remember({ utteranceId: utterance.id, startMs, margins: evidence.margins });
    return isForeign;
  }

  #outweighs({ margins, wordCount }: LanguageEvidence, startMs: number): boolean {
    const end = this.#endBefore(startMs);
    const counted = this.#remembered.slice(Math.max(0, end - MAX_COUNTED), end);
    return margins.some((margin, row) => {
      if (margin <= 0) return false;
      const before = counted.reduce(
        (sum, { margins: of }) => sum * DECAY + limit(of[row]!, MOST_OF_ONE, MOST_OF_ONE),
        0,
      );
      const belief = limit(before, MOST_AGAINST, MOST_OF_MANY);
      return margin + belief > THRESHOLD && (wordCount >= MIN_WORDS || belief > SOME_BELIEF);
    });
  }

  #remember(said: Remembered): void {
    this.#remembered.splice(this.#endBefore(said.startMs), 0, said);
    if (this.#remembered.length > MAX_REMEMBERED) this.#remembered.shift();
  }

  #forget(utteranceId: string): void {
    const at = this.#remembered.findIndex((said) => said.utteranceId === utteranceId);
    if (at >= 0) this.#remembered.splice(at, 1);
  }

  /** Number of utterances that started before `startMs`. */
  #endBefore(startMs: number): number {
    const at = this.#remembered.findIndex((said) => said.startMs >= startMs);
    return at < 0 ? this.#remembered.length : at;
  }
}

function limit(value: number, below: number, above: number): number {
  return Math.max(-below, Math.min(above, value));
}

import type { LanguageEvidence } from './language-evidence.ts';

/** By how much another language must be the likelier one. Measured: DECISIONS.md. */
const THRESHOLD = 200;
/** What one utterance may add to what is believed. */
const MOST_OF_ONE = 200;
/** What was believed may add to the next utterance, at most: enough with any evidence in the utterance, never alone. */
const MOST_OF_MANY = THRESHOLD;
/** What was believed may take away: it takes more to doubt a language that was read all along. */
const MOST_AGAINST = 2 * THRESHOLD;
/** Weight of an utterance's evidence against that of the next one. */
const DECAY = 0.8;
/** Fewer words are not enough without any belief: they may be names. */
const MIN_WORDS = 3;
const SOME_BELIEF = 0.3 * THRESHOLD;
/** Utterances before an utterance that count for it. */
const MAX_COUNTED = 8;
/** Utterances that are remembered, so that words which land late find those before them. */
const MAX_REMEMBERED = 32;

interface Remembered {
  readonly utteranceId: string;
  readonly startMs: number;
  readonly margins: Float32Array;
}

/**
 * What the utterances of one participant say about the language that it speaks. An utterance is judged by its own words
 * and by those of the utterances that started before it. Nothing depends on when the words of a later one arrive.
 */
export class LanguageBelief {
  /** By start. */
  readonly #remembered: Remembered[] = [];

  /** Whether the words are in a language that is not read. Words of the same utterance replace what it said before. */
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

  /** How many started before `startMs`. */
  #endBefore(startMs: number): number {
    const at = this.#remembered.findIndex((said) => said.startMs >= startMs);
    return at < 0 ? this.#remembered.length : at;
  }
}

function limit(value: number, below: number, above: number): number {
  return Math.max(-below, Math.min(above, value));
}

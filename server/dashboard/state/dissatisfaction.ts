import type { DissatisfactionScore } from '../../../client-sdk/protocol/index.ts';
import { formatPercent } from './format.ts';

/** How often a participant was dissatisfied over several utterances. */
export interface DissatisfactionCount {
  /** Utterances in which dissatisfaction is likely. */
  readonly likely: number;
  /** Utterances with a dissatisfaction score: those with words that the model reads. */
  readonly judged: number;
}

/** The probability as a percentage, followed by a word if dissatisfaction is likely. */
export function describeDissatisfaction({ probability, likely }: DissatisfactionScore): string {
  return likely ? `${formatPercent(probability)}, likely` : formatPercent(probability);
}

/** Counts the utterances with likely dissatisfaction. Null when no utterance has a score. */
export function countDissatisfaction(
  utterances: readonly { readonly score: { readonly dissatisfaction?: DissatisfactionScore } }[],
): DissatisfactionCount | null {
  const judged = utterances.flatMap(({ score }) => score.dissatisfaction ?? []);
  return judged.length === 0 ? null : { likely: judged.filter(({ likely }) => likely).length, judged: judged.length };
}

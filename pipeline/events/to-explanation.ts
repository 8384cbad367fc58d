import { EVIDENCE_SETS, type EvidenceSet, type Explanation } from '../../client-sdk/protocol/index.ts';
import type { TokenizedWord } from '../features/utterance-features.ts';
import { round } from './round.ts';

/** How the model explains its answer: a weight per word and a share per evidence set. Null if it explains nothing. */
export function toExplanation(
  words: readonly TokenizedWord[],
  tokenWeights: Float32Array | null,
  setContributions: Float32Array | null,
): Explanation | null {
  if (tokenWeights === null && setContributions === null) return null;
  return {
    words: tokenWeights === null ? [] : words.map((word) => toWordWeight(word, tokenWeights)),
    sets: setContributions === null ? null : toSets(setContributions),
  };
}

/** A word's weight is the sum of its tokens' weights. */
function toWordWeight({ start, end, firstToken, tokenCount }: TokenizedWord, tokenWeights: Float32Array) {
  let weight = 0;
  for (let token = firstToken; token < firstToken + tokenCount; token += 1) weight += tokenWeights[token]!;
  return { start, end, weight: round(weight, 3) };
}

function toSets(contributions: Float32Array): Record<EvidenceSet, number> {
  const shares = EVIDENCE_SETS.map((set, index) => [set, round(contributions[index]!, 3)] as const);
  return Object.fromEntries(shares) as Record<EvidenceSet, number>;
}

import { EVIDENCE_SETS, type EvidenceSet, type Explanation } from '../../../client-sdk/protocol/index.ts';

/** An explanation in which longer words weigh more. Sets that are not given have the share 0. */
export function explanationOf(text: string, sets: Partial<Record<EvidenceSet, number>>): Explanation {
  const words = [...text.matchAll(/\S+/gu)].map(({ 0: word, index }) => ({ start: index, end: index + word.length }));
  const letters = words.reduce((sum, { start, end }) => sum + (end - start) ** 2, 0);
  return {
    words: words.map(({ start, end }) => ({ start, end, weight: (end - start) ** 2 / letters })),
    sets: Object.fromEntries(EVIDENCE_SETS.map((set) => [set, sets[set] ?? 0])) as Record<EvidenceSet, number>,
  };
}

import { EVIDENCE_SETS, type EvidenceSet, type Explanation } from '../../../client-sdk/protocol/index.ts';

export interface SetShare {
  readonly set: EvidenceSet;
  /** −1…1; below 0 speaks against the label. */
  readonly share: number;
}

/** The sets that count most, whichever way, strongest first; those below 1 % are left out. */
export function leadingSets(sets: NonNullable<Explanation['sets']>, count: number): SetShare[] {
  return EVIDENCE_SETS.map((set) => ({ set, share: sets[set] }))
    .filter(({ share }) => Math.abs(share) >= 0.01)
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
    .slice(0, count);
}

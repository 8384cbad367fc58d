import { EVIDENCE_SETS, type EvidenceSet, type Explanation } from '../../../client-sdk/protocol/index.ts';

export interface SetShare {
  readonly set: EvidenceSet;
  /** −1…1. Below 0 is evidence against the label. */
  readonly share: number;
}

/** The sets with the strongest evidence for or against the label, strongest first. Sets below 1 % are left out. */
export function leadingSets(sets: NonNullable<Explanation['sets']>, count: number): SetShare[] {
  return EVIDENCE_SETS.map((set) => ({ set, share: sets[set] }))
    .filter(({ share }) => Math.abs(share) >= 0.01)
    .sort((a, b) => Math.abs(b.share) - Math.abs(a.share))
    .slice(0, count);
}

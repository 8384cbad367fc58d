import type { JSX } from 'preact';
import type { Explanation } from '../../../client-sdk/protocol/index.ts';
import { EVIDENCE_SET_NAMES } from '../state/emotions.ts';
import { formatPercent } from '../state/format.ts';
import { leadingSets } from '../state/leading-sets.ts';

/** Number of sets that fit into a row of the details. */
const SHOWN_SETS = 4;

/** The combinations of words, voice and face that gave the strongest evidence for or against the answer. */
export function EvidenceSets({ sets }: { sets: NonNullable<Explanation['sets']> }): JSX.Element {
  return (
    <ul class="evidence" aria-label="What counted most">
      {leadingSets(sets, SHOWN_SETS).map(({ set, share }) => (
        <li key={set} class={share < 0 ? 'evidence-against' : undefined}>
          <span class="evidence-name">
            {EVIDENCE_SET_NAMES[set]}
            <b>
              {share < 0 && 'against '}
              {formatPercent(Math.abs(share))}
            </b>
          </span>
          <svg class="modality-bar" width="100%" height="4" aria-hidden="true">
            <rect class="modality-track" width="100%" height="4" rx="2" />
            <rect class="evidence-share" width={`${Math.abs(share) * 100}%`} height="4" rx="2" />
          </svg>
        </li>
      ))}
    </ul>
  );
}

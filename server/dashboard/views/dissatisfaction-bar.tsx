import type { JSX } from 'preact';
import type { DissatisfactionScore } from '../../../client-sdk/protocol/index.ts';
import { DissatisfactionTrack } from '../charts/dissatisfaction-track.tsx';
import { describeDissatisfaction } from '../state/dissatisfaction.ts';
import { formatPercent } from '../state/format.ts';

/** The probability of dissatisfaction: a bar with a percentage, marked if dissatisfaction is likely. */
export function DissatisfactionBar({ score }: { score: DissatisfactionScore }): JSX.Element {
  return (
    <span
      class={score.likely ? 'dissatisfaction dissatisfaction-marked' : 'dissatisfaction'}
      title={`Dissatisfaction ${describeDissatisfaction(score)}`}
    >
      <span class="dissatisfaction-name">Dissatisfaction</span>
      <DissatisfactionTrack share={score.probability} widthPx={48} />
      <span class="dissatisfaction-value">{formatPercent(score.probability)}</span>
      {score.likely && <b> likely</b>}
    </span>
  );
}

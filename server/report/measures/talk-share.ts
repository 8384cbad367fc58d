import type { MeasuredUtterance } from './measured-utterance.ts';
import { joinStretches, totalMs } from './stretches.ts';

export interface TalkShare {
  readonly participantId: string;
  /** How long the participant speaks, in ms. Overlaps of the participant's own utterances count once. */
  readonly spokenMs: number;
  /** 0…1. The shares of all participants sum to 1. */
  readonly share: number;
}

/**
 * Talk share: the time that a participant speaks, divided by the sum of these times over all participants.
 * In order of first appearance. Empty if nobody speaks.
 */
export function talkShares(utterances: readonly MeasuredUtterance[]): TalkShare[] {
  const spoken = [...Map.groupBy(utterances, ({ participant }) => participant.id)].map(([participantId, own]) => ({
    participantId,
    spokenMs: totalMs(joinStretches(own)),
  }));
  const allMs = spoken.reduce((sum, { spokenMs }) => sum + spokenMs, 0);
  return spoken.map((each) => ({ ...each, share: allMs === 0 ? 0 : each.spokenMs / allMs }));
}

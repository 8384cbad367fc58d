import type { Participant, SessionSummary, UtteranceState } from '../../../client-sdk/protocol/index.ts';
import { sentimentTrend, type Trend } from './trend.ts';

/** One participant on a card. */
export interface CardParticipant {
  readonly participant: Participant;
  readonly latest: UtteranceState | null;
  readonly isSpeaking: boolean;
  /** The last sentiments, oldest first. */
  readonly sentiments: readonly number[];
  readonly trend: Trend | null;
}

/** One session of the list. */
export interface SessionCard {
  readonly summary: SessionSummary;
  readonly participants: readonly CardParticipant[];
}

/** The cards in display order: live sessions first, each group newest first. */
export function sessionCards(listed: readonly SessionSummary[]): SessionCard[] {
  return [...listed]
    .sort((a, b) => Number(a.state === 'ended') - Number(b.state === 'ended') || (a.startedAt < b.startedAt ? 1 : -1))
    .map((summary) => ({ summary, participants: cardParticipants(summary) }));
}

function cardParticipants({ participants, states = [] }: SessionSummary): CardParticipant[] {
  const stateOf = new Map(states.map((state) => [state.participantId, state]));
  return participants.map((participant) => {
    const { latest = null, speakingSinceMs = null, sentiments = [] } = stateOf.get(participant.id) ?? {};
    return { participant, latest, isSpeaking: speakingSinceMs !== null, sentiments, trend: sentimentTrend(sentiments) };
  });
}

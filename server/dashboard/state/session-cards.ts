import type { EventPage, Participant, SessionSummary } from '../../../client-sdk/protocol/index.ts';
import { sessionLanes } from './lanes.ts';
import { applyEvents, emptySessionView, type ScoredUtterance, type SessionView } from './session-view.ts';
import { sentimentTrend, type Trend } from './trend.ts';

/** Past events that a card loads per session. Enough for the last emotions and the trend. */
export const CARD_EVENTS = 60;

/** One participant on a card. */
export interface CardParticipant {
  readonly participant: Participant;
  readonly latest: ScoredUtterance | null;
  readonly isSpeaking: boolean;
  /** The last sentiments, oldest first. At most 24. */
  readonly sentiments: readonly number[];
  readonly trend: Trend | null;
}

/** One session of the list. */
export interface SessionCard {
  readonly summary: SessionSummary;
  readonly participants: readonly CardParticipant[];
}

/** The known events of the listed sessions, by session id. */
export type CardViews = ReadonlyMap<string, SessionView>;

/** The sequence after which a card's next page of events starts. Null when the card is up to date. */
export function nextCardRead(views: CardViews, summary: SessionSummary): number | null {
  const view = views.get(summary.sessionId);
  const isSameLog = summary.epoch === undefined || view?.epoch === summary.epoch;
  const known = (isSameLog && view?.lastSequence) || 0;
  if (known >= summary.lastSequence) return null;
  return Math.max(known, summary.lastSequence - CARD_EVENTS);
}

/** Adds pages of events and drops sessions that are no longer listed. */
export function updateCardViews(
  views: CardViews,
  listed: readonly SessionSummary[],
  pages: ReadonlyMap<string, EventPage>,
): CardViews {
  const next = new Map<string, SessionView>();
  for (const { sessionId } of listed) {
    const view = views.get(sessionId) ?? emptySessionView(sessionId);
    const page = pages.get(sessionId);
    next.set(sessionId, page === undefined ? view : trimView(applyEvents(view, page.events)));
  }
  return next;
}

/** The cards in display order: live sessions first, each group newest first. */
export function sessionCards(listed: readonly SessionSummary[], views: CardViews): SessionCard[] {
  return [...listed]
    .sort((a, b) => Number(a.state === 'ended') - Number(b.state === 'ended') || (a.startedAt < b.startedAt ? 1 : -1))
    .map((summary) => {
      const view = views.get(summary.sessionId) ?? emptySessionView(summary.sessionId);
      const participants = sessionLanes(view, summary.participants).map((lane) => {
        const sentiments = lane.scored.slice(-24).map((utterance) => utterance.score.sentiment.score);
        return {
          participant: lane.participant,
          latest: lane.latest,
          isSpeaking: summary.state === 'live' && lane.speakingSinceMs !== null,
          sentiments,
          trend: sentimentTrend(sentiments),
        };
      });
      return { summary, participants };
    });
}

function trimView(view: SessionView): SessionView {
  return view.utterances.length <= CARD_EVENTS ? view : { ...view, utterances: view.utterances.slice(-CARD_EVENTS) };
}

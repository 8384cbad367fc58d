import type { JSX } from 'preact';
import { type DissatisfactionScore, participantName, ROLE_NAMES } from '../../../client-sdk/protocol/index.ts';
import { DissatisfactionTrack } from '../charts/dissatisfaction-track.tsx';
import { sparkline } from '../charts/sentiment-line.ts';
import type { ServerConnection } from '../live/server-connection.ts';
import { useHistoryOutage } from '../live/use-history-outage.ts';
import { useSessionList } from '../live/use-session-list.ts';
import { usePageTitle } from '../live/use-title.ts';
import { describeDissatisfaction } from '../state/dissatisfaction.ts';
import { formatMediaTime } from '../state/format.ts';
import { routeHash } from '../state/route.ts';
import type { CardParticipant, SessionCard } from '../state/session-cards.ts';
import type { Trend } from '../state/trend.ts';
import { EmotionChip } from './emotion-chip.tsx';
import { Icon, type IconName } from './icon.tsx';
import { LostBanner } from './lost-banner.tsx';
import { OutageBanner } from './outage-banner.tsx';
import { StatusPill } from './status-pill.tsx';

export interface SessionListViewProps {
  readonly connection: ServerConnection;
  readonly onUnauthorized: () => void;
}

/** All sessions of the server, live ones first. */
export function SessionListView({ connection, onUnauthorized }: SessionListViewProps): JSX.Element {
  const { cards, isLost, retry } = useSessionList(connection, onUnauthorized);
  const outage = useHistoryOutage(connection);
  usePageTitle('Sessions');
  const live = cards?.filter((card) => card.summary.state === 'live') ?? [];
  const ended = cards?.filter((card) => card.summary.state === 'ended') ?? [];
  return (
    <main class="page" id="main" tabIndex={-1}>
      {isLost && <LostBanner onRetry={retry} />}
      {outage !== null && <OutageBanner reason={outage} />}
      <h1 class="visually-hidden">Sessions</h1>
      {cards === null && !isLost && <p class="loading muted">Asking the server for its sessions…</p>}
      {cards !== null && cards.length === 0 && <NoSessions />}
      {live.length > 0 && <CardGroup title="Live now" cards={live} />}
      {cards !== null && cards.length > 0 && live.length === 0 && (
        <p class="note muted">No call is going on. The next one appears here by itself.</p>
      )}
      {ended.length > 0 && <CardGroup title="Ended" cards={ended} />}
    </main>
  );
}

function NoSessions(): JSX.Element {
  return (
    <section class="empty card">
      <Icon name="voice" sizePx={40} />
      <h2>No calls yet</h2>
      <p class="muted">
        A call appears here as soon as something publishes it. Try it now with your own voice, or connect your phone
        system to <code>/v1/publish</code>.
      </p>
      <a class="button" href={routeHash({ view: 'start' })}>
        <Icon name="microphone" />
        Start with my microphone and camera
      </a>
    </section>
  );
}

function CardGroup({ title, cards }: { title: string; cards: readonly SessionCard[] }): JSX.Element {
  return (
    <section class="card-group">
      <h2>
        {title} <span class="muted count">{cards.length}</span>
      </h2>
      <ul class="cards">
        {cards.map((card) => (
          <li key={card.summary.sessionId}>
            <SessionCardLink card={card} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function SessionCardLink({ card }: { card: SessionCard }): JSX.Element {
  const { summary, participants } = card;
  return (
    <a class="session-card card" href={routeHash({ view: 'session', sessionId: summary.sessionId })}>
      <span class="session-card-head">
        <StatusPill status={summary.interrupted === true ? 'waiting' : summary.state} endReason={summary.endReason} />
        <span class="session-card-title" dir="auto">
          {summary.title ?? summary.sessionId}
        </span>
        <span class="session-card-time">{formatMediaTime(summary.mediaTimeMs)}</span>
      </span>
      {participants.length === 0 && <span class="muted">Waiting for the first speaker</span>}
      {participants.map((participant) => (
        <ParticipantRow key={participant.participant.id} isOver={summary.state === 'ended'} {...participant} />
      ))}
      <span class="session-card-foot muted">
        {summary.utteranceCount} {summary.utteranceCount === 1 ? 'utterance' : 'utterances'} · started{' '}
        {new Date(summary.startedAt).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
      </span>
    </a>
  );
}

function ParticipantRow(props: CardParticipant & { readonly isOver: boolean }): JSX.Element {
  const { participant, latest, isSpeaking, isOver, sentiments, trend } = props;
  const name = participantName(participant);
  const role = ROLE_NAMES[participant.role];
  const dissatisfaction = latest?.dissatisfaction;
  return (
    <span class="participant-row">
      <span class="participant-name">
        <b dir="auto">{name}</b>
        <span class="muted">{isSpeaking ? 'Speaking' : role === name ? '' : role}</span>
      </span>
      {latest === null ? (
        <span class="muted">{isOver ? '' : 'Nothing yet'}</span>
      ) : (
        <EmotionChip emotion={latest.emotion} />
      )}
      <svg class="sparkline" width="64" height="24" viewBox="0 -2 64 28" aria-hidden="true">
        <path class="sparkline-zero" d="M0 12H64" />
        <path class="sparkline-path" d={sparkline(sentiments, 64, 24)} />
      </svg>
      <span class="participant-trend">
        <TrendMark trend={trend} />
        {dissatisfaction !== undefined && <DissatisfactionMark score={dissatisfaction} />}
      </span>
    </span>
  );
}

function DissatisfactionMark({ score }: { score: DissatisfactionScore }): JSX.Element {
  const text = `Dissatisfaction ${describeDissatisfaction(score)}`;
  return (
    <span class={score.likely ? 'participant-mark dissatisfaction-marked' : 'participant-mark'} title={text}>
      <DissatisfactionTrack share={score.probability} widthPx={72} />
      <span class="visually-hidden">{text}</span>
      {score.likely && <b aria-hidden="true">dissatisfied</b>}
    </span>
  );
}

const TRENDS: Readonly<Record<Trend, { icon: IconName; name: string }>> = {
  rising: { icon: 'arrowUp', name: 'rising' },
  steady: { icon: 'steady', name: 'steady' },
  falling: { icon: 'arrowDown', name: 'falling' },
};

function TrendMark({ trend }: { trend: Trend | null }): JSX.Element {
  if (trend === null) return <span class="trend" />;
  return (
    <span class={`trend trend-${trend}`} title="Where the sentiment is going">
      <Icon name={TRENDS[trend].icon} sizePx={15} />
      {TRENDS[trend].name}
    </span>
  );
}

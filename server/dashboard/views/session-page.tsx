import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { ServerConnection } from '../live/server-connection.ts';
import { useNow } from '../live/use-now.ts';
import { type LiveSession, useSession } from '../live/use-session.ts';
import { usePageTitle } from '../live/use-title.ts';
import { formatMediaTime } from '../state/format.ts';
import { sessionLanes } from '../state/lanes.ts';
import { routeHash } from '../state/route.ts';
import { Announcer } from './announcer.tsx';
import { CallTimeline } from './call-timeline.tsx';
import { GlancePanel } from './glance-panel.tsx';
import { Icon } from './icon.tsx';
import { LostBanner } from './lost-banner.tsx';
import { StatusPill } from './status-pill.tsx';
import { TranscriptList } from './transcript-list.tsx';

export interface SessionPageProps {
  readonly connection: ServerConnection;
  readonly sessionId: string;
  readonly onUnauthorized: () => void;
}

/** One session: the current emotions, their course, and the transcript. */
export function SessionPage({ connection, sessionId, onUnauthorized }: SessionPageProps): JSX.Element {
  const session = useSession(connection, sessionId, onUnauthorized);
  const nowMs = useNow(session);
  const [selectedId, setSelectedId] = useState<string | null>(null);
  const { view, link, summary } = session;
  const listed = summary?.participants;
  const title = view.title ?? summary?.title ?? sessionId;
  usePageTitle(title);
  const lanes = useMemo(() => sessionLanes(view, listed), [view, listed]);

  if (link.kind === 'unknown' && view.status === 'waiting') return <UnknownSession />;
  const isKnown = summary !== null || view.status !== 'waiting';
  const isLive = view.status !== 'ended' && summary?.state !== 'ended' && link.kind !== 'unknown';
  return (
    <main class="page session" id="main" tabIndex={-1}>
      {link.kind === 'lost' && <LostBanner onRetry={session.retry} />}
      {link.kind === 'unknown' && (
        <p class="banner banner-caution" role="status">
          <Icon name="info" />
          The server no longer holds this session. This is what was heard of it.
        </p>
      )}
      <SessionHead title={title} session={session} nowMs={nowMs} />
      {session.lostEventCount + view.droppedUtteranceCount > 0 && (
        <p class="banner banner-caution">
          <Icon name="info" />
          The beginning of this call is no longer held, so it is not shown.
        </p>
      )}
      {(session.summary?.notices ?? []).map(({ code, participantId, message }) => (
        <p class="banner banner-caution" key={`${code} ${participantId}`}>
          <Icon name="info" />
          {message}
        </p>
      ))}
      {!isKnown && <p class="loading muted">Asking the server for this session…</p>}
      {isKnown && lanes.length === 0 && (
        <section class="empty card">
          <Icon name="voice" sizePx={40} />
          <h2>{isLive ? 'Waiting for the first words' : 'Nobody spoke'}</h2>
          <p class="muted">
            {isLive
              ? 'The session is open. As soon as someone speaks, their mood appears here.'
              : 'This session ended without an utterance.'}
          </p>
        </section>
      )}
      {isKnown && lanes.length > 0 && (
        <div class="session-columns">
          <div class="session-main">
            <GlancePanel lanes={lanes} />
            <CallTimeline
              lanes={lanes}
              nowMs={nowMs}
              isLive={isLive}
              initialZoom={isLive ? 60_000 : 'all'}
              selectedId={selectedId}
              onSelect={setSelectedId}
            />
          </div>
          <TranscriptList
            utterances={view.utterances}
            isLive={isLive}
            selectedId={selectedId}
            onSelect={setSelectedId}
            initialOrder="newest-first"
          />
        </div>
      )}
      <Announcer lanes={lanes} isLive={isLive} />
    </main>
  );
}

function SessionHead(props: { title: string; session: LiveSession; nowMs: number }): JSX.Element {
  const { title, session, nowMs } = props;
  const { view, summary } = session;
  const status = view.status === 'waiting' ? (summary?.state ?? 'waiting') : view.status;
  return (
    <header class="session-head">
      <a class="back" href={routeHash({ view: 'list' })} aria-label="Back to all sessions">
        <Icon name="back" sizePx={20} />
      </a>
      <h1 dir="auto">{title}</h1>
      <StatusPill status={status} endReason={view.endReason ?? summary?.endReason ?? null} />
      <span class="session-time">{formatMediaTime(nowMs)}</span>
      {view.modelId !== null && <span class="session-model muted">Model {view.modelId}</span>}
    </header>
  );
}

function UnknownSession(): JSX.Element {
  return (
    <main class="page" id="main" tabIndex={-1}>
      <section class="empty card">
        <Icon name="info" sizePx={40} />
        <h1>This session is not here</h1>
        <p class="muted">The server does not hold it: it never began, or it ended long ago and was let go.</p>
        <a class="button" href={routeHash({ view: 'list' })}>
          See all sessions
        </a>
      </section>
    </main>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventPage } from '../../../client-sdk/index.ts';
import {
  type CardViews,
  nextCardRead,
  type SessionCard,
  sessionCards,
  updateCardViews,
} from '../state/session-cards.ts';
import { fetchEventPage } from './event-page.ts';
import { isUnauthorized, type ServerConnection } from './server-connection.ts';

/** How often the list is read while the page is visible, in ms. */
const POLL_MS = 2000;

/** Sessions whose events are read per round. The rest follow in the next rounds. */
const PAGES_PER_POLL = 24;

export interface SessionListState {
  /** Null until the first answer. */
  readonly cards: readonly SessionCard[] | null;
  /** Whether the last attempt to read the list failed. */
  readonly isLost: boolean;
}

/** The server's sessions, read every two seconds while the page is visible. */
export function useSessionList(
  connection: ServerConnection,
  onUnauthorized: () => void,
): SessionListState & { retry(): void } {
  const [state, setState] = useState<SessionListState>({ cards: null, isLost: false });
  const [round, setRound] = useState(0);
  const views = useRef<CardViews>(new Map());

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const poll = async (): Promise<void> => {
      try {
        views.current = await readOnce(connection, views.current, signal, (cards) =>
          setState({ cards, isLost: false }),
        );
      } catch (error) {
        if (signal.aborted) return;
        if (isUnauthorized(error)) return onUnauthorized();
        setState((known) => ({ ...known, isLost: true }));
      }
      if (!signal.aborted && document.visibilityState === 'visible') timer = setTimeout(poll, POLL_MS);
    };
    const wake = (): void => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') setRound((count) => count + 1);
    };

    if (document.visibilityState === 'visible') void poll();
    document.addEventListener('visibilitychange', wake);
    return () => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    };
  }, [connection, round]);

  return { ...state, retry: () => setRound((count) => count + 1) };
}

async function readOnce(
  { address, client }: ServerConnection,
  views: CardViews,
  signal: AbortSignal,
  show: (cards: SessionCard[]) => void,
): Promise<CardViews> {
  const listed = await client.listSessions({ signal });
  const known = updateCardViews(views, listed, new Map());
  show(sessionCards(listed, known));
  const reads = listed.flatMap((summary) => {
    const after = nextCardRead(known, summary);
    return after === null ? [] : [{ sessionId: summary.sessionId, after }];
  });
  const pages = new Map<string, EventPage>();
  await Promise.all(
    reads.slice(0, PAGES_PER_POLL).map(async ({ sessionId, after }) => {
      pages.set(sessionId, await fetchEventPage(address, sessionId, after, signal));
    }),
  );
  const next = updateCardViews(known, listed, pages);
  if (pages.size > 0) show(sessionCards(listed, next));
  return next;
}

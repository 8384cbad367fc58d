import { useEffect, useState } from 'preact/hooks';
import { type SessionCard, sessionCards } from '../state/session-cards.ts';
import { isUnauthorized, type ServerConnection } from './server-connection.ts';

/** How often the list is read while the page is visible, in ms. */
const POLL_MS = 2000;

export interface SessionListState {
  /** Null until the first answer. */
  readonly cards: readonly SessionCard[] | null;
  /** Whether the last attempt to read the list failed. */
  readonly isLost: boolean;
}

/** The server's sessions, read every two seconds while the page is visible. One answer has all that the cards show. */
export function useSessionList(
  { client }: ServerConnection,
  onUnauthorized: () => void,
): SessionListState & { retry(): void } {
  const [state, setState] = useState<SessionListState>({ cards: null, isLost: false });
  const [round, setRound] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const poll = async (): Promise<void> => {
      try {
        const cards = sessionCards(await client.listSessions({ signal }));
        setState({ cards, isLost: false });
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
  }, [client, round]);

  return { ...state, retry: () => setRound((count) => count + 1) };
}

import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { EmotionPatterns } from '../charts/emotion-patterns.tsx';
import { connectToServer, rememberToken } from '../live/server-connection.ts';
import { usePublisher } from '../live/use-publisher.ts';
import { parseRoute, routeHash } from '../state/route.ts';
import { Icon } from './icon.tsx';
import { PublishBar } from './publish-bar.tsx';
import { SessionListView } from './session-list-view.tsx';
import { SessionPage } from './session-page.tsx';
import { StartPage } from './start-page.tsx';
import { ThemeToggle } from './theme-toggle.tsx';
import { TokenPrompt } from './token-prompt.tsx';

/** The whole dashboard. */
export function App(): JSX.Element {
  const [hash, setHash] = useState(location.hash);
  const [tokenTries, setTokenTries] = useState(0);
  const [isRefused, setIsRefused] = useState(false);
  const connection = useMemo(connectToServer, [tokenTries]);
  const route = parseRoute(hash);
  const refuse = (): void => setIsRefused(true);
  const publisher = usePublisher(connection.address, {
    onStarted: (sessionId) => {
      location.hash = routeHash({ view: 'session', sessionId });
    },
    onUnauthorized: refuse,
  });

  useEffect(() => {
    const onHashChange = (): void => setHash(location.hash);
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);

  // A new view takes the focus, so that keyboards and screen readers start at its top. The first view does not take it.
  const focusedHash = useRef(hash);
  useLayoutEffect(() => {
    if (focusedHash.current !== hash) document.getElementById('main')?.focus();
    focusedHash.current = hash;
  }, [hash]);

  return (
    <>
      <EmotionPatterns />
      <header class="topbar">
        <a class="brand" href={routeHash({ view: 'list' })}>
          <Icon name="wave" sizePx={22} />
          Undertone
        </a>
        {route.view !== 'start' && publisher.state.kind !== 'live' && (
          <a class="button button-small" href={routeHash({ view: 'start' })}>
            <Icon name="microphone" />
            <span class="wide-only">Start with my microphone and camera</span>
            <span class="narrow-only">Start</span>
          </a>
        )}
        <ThemeToggle />
      </header>
      {isRefused ? (
        <TokenPrompt
          isRetry={tokenTries > 0}
          onToken={(token) => {
            rememberToken(token);
            setTokenTries((tries) => tries + 1);
            setIsRefused(false);
          }}
        />
      ) : route.view === 'session' ? (
        <SessionPage
          key={route.sessionId}
          connection={connection}
          sessionId={route.sessionId}
          onUnauthorized={refuse}
        />
      ) : route.view === 'start' ? (
        <StartPage publisher={publisher} />
      ) : (
        <SessionListView connection={connection} onUnauthorized={refuse} />
      )}
      <PublishBar publisher={publisher} />
    </>
  );
}

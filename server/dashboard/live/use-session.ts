import { useEffect, useRef, useState } from 'preact/hooks';
import {
  ClientError,
  DEFAULT_RECONNECT_POLICY,
  type EventPosition,
  LOG_START,
  reconnectDelayMs,
  type SequenceRange,
  type SessionSummary,
} from '../../../client-sdk/index.ts';
import { applyEvents, emptySessionView, type SessionView } from '../state/session-view.ts';
import { FrameBatch } from './frame-batch.ts';
import { isUnauthorized, type ServerConnection } from './server-connection.ts';

/** State of the page's connection to the session. */
export type SessionLink =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost' }
  /** The server does not have this session. */
  | { readonly kind: 'unknown' };

export interface LiveSession {
  readonly view: SessionView;
  readonly link: SessionLink;
  /** The newest summary, null before the first. */
  readonly summary: SessionSummary | null;
  /** Number of events that the server no longer had when this page asked for them. */
  readonly lostEventCount: number;
  /** Tries to connect again now. */
  retry(): void;
}

/** How often the summary of a live session is read, in ms. */
const SUMMARY_MS = 5000;

/** Follows one session. The view is updated at most once per animation frame. */
export function useSession(connection: ServerConnection, sessionId: string, onUnauthorized: () => void): LiveSession {
  const [view, setView] = useState(() => emptySessionView(sessionId));
  const [link, setLink] = useState<SessionLink>({ kind: 'connecting' });
  const [summary, setSummary] = useState<SessionSummary | null>(null);
  const [lostEventCount, setLostEventCount] = useState(0);
  const wakeRef = useRef<() => void>(() => {});

  useEffect(() => {
    const abort = new AbortController();
    const { signal } = abort;
    const batch = new FrameBatch((events) => setView((known) => applyEvents(known, events)));
    setView(emptySessionView(sessionId));
    setSummary(null);
    setLostEventCount(0);

    const follow = async (): Promise<void> => {
      let after: EventPosition = LOG_START;
      for (let failures = 0; !signal.aborted; ) {
        setLink((known) => (known.kind === 'lost' ? known : { kind: 'connecting' }));
        try {
          const onDropped = ({ reason, epoch, fromSequence, toSequence }: SequenceRange) => {
            // The first event of another log empties the view. How many events the old log still had is unknown.
            if (reason === 'restarted') after = { epoch, sequence: 0 };
            else setLostEventCount((count) => count + toSequence - fromSequence + 1);
          };
          const opened = await connection.client.getSession(sessionId, { signal });
          setSummary(opened);
          setLink({ kind: 'open' });
          const { epoch, sequence: afterSequence } = after;
          const position = { afterSequence, ...(epoch !== null && { epoch }) };
          for await (const event of connection.client.events(sessionId, { signal, ...position, onDropped })) {
            after = { epoch: event.epoch ?? null, sequence: event.sequence };
            failures = 0;
            batch.push(event, event.sequence < opened.lastSequence);
          }
          if (!signal.aborted) setSummary(await connection.client.getSession(sessionId, { signal }));
          return clearInterval(timer);
        } catch (error) {
          if (signal.aborted) return;
          if (isUnauthorized(error)) return onUnauthorized();
          const isUnknown = error instanceof ClientError && error.code === 'unknown-session';
          // A session that this page has followed may come back when its publisher reconnects. An unknown one does not.
          const mayComeBack = after.sequence > 0 && failures < DEFAULT_RECONNECT_POLICY.maxAttempts;
          if (error instanceof RangeError || (isUnknown && !mayComeBack)) return setLink({ kind: 'unknown' });
          failures += 1;
          setLink({ kind: 'lost' });
          const policy = { ...DEFAULT_RECONNECT_POLICY, maxAttempts: Number.POSITIVE_INFINITY };
          const delayMs = reconnectDelayMs(failures, policy, Math.random) ?? policy.maxDelayMs;
          await pause(delayMs, signal, wakeRef);
        }
      }
    };
    const readSummary = (): void => {
      if (document.visibilityState !== 'visible') return;
      connection.client.getSession(sessionId, { signal }).then(setSummary, () => {
        // The subscription detects a lost server. The summary is read again after {@link SUMMARY_MS}.
      });
    };

    void follow();
    const timer = setInterval(readSummary, SUMMARY_MS);
    return () => {
      abort.abort();
      clearInterval(timer);
      batch.discard();
    };
  }, [connection, sessionId]);

  return { view, link, summary, lostEventCount, retry: () => wakeRef.current() };
}

/** Resolves after `delayMs`, on `wake.current()`, or when `signal` aborts. */
function pause(delayMs: number, signal: AbortSignal, wake: { current: () => void }): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      wake.current = () => {};
      resolve();
    };
    const timer = setTimeout(done, delayMs);
    signal.addEventListener('abort', done);
    wake.current = done;
  });
}

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

/** How the page stands with the server. */
export type SessionLink =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost' }
  /** The server does not hold this session. */
  | { readonly kind: 'unknown' };

export interface LiveSession {
  readonly view: SessionView;
  readonly link: SessionLink;
  /** The newest summary, null before the first. */
  readonly summary: SessionSummary | null;
  /** Events that the server no longer held when this page asked for them. */
  readonly lostEventCount: number;
  /** Tries to connect again now. */
  retry(): void;
}

/** How often the summary of a live session is read, ms. */
const SUMMARY_MS = 5000;

/** Follows one session; events are shown at most once an animation frame. */
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
            // The first event of another log empties the view; what followed in the old one nobody can count.
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
          // A session that was followed comes back with its publisher, or never.
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
        // The subscription notices a lost server by itself; the summary is read again in a moment.
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

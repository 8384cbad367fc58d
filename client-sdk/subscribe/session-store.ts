import { ClientError, type SequenceRange } from '../connection/client-error.ts';
import {
  DEFAULT_RECONNECT_POLICY,
  type ReconnectPolicy,
  reconnectDelayMs,
  resolveReconnectPolicy,
} from '../connection/reconnect-policy.ts';
import type { ServerAddress } from '../connection/web-socket.ts';
import { type EmotionEvent, type EventPosition, LOG_START, type UtteranceEmotion } from '../protocol/index.ts';
import { createEmotionClient } from './emotion-client.ts';

/**
 * State of the connection. `idle`: nobody listens. `reconnecting`: the connection was lost, and the data may be old.
 * `ended`: the session has ended. `failed`: it cannot continue; the error says why.
 */
export type FollowStatus = 'idle' | 'connecting' | 'live' | 'reconnecting' | 'ended' | 'failed';

/** State of a followed session. Never changed in place. */
export interface FollowedSession {
  readonly status: FollowStatus;
  /** The newest failure while `reconnecting` or `failed`; else null. */
  readonly error: ClientError | TypeError | RangeError | null;
  /** The newest events, oldest first, as many as `maxEvents`. */
  readonly events: readonly EmotionEvent[];
  /** The newest utterance's highest revision, by participant id; of at most 64 participants. */
  readonly latest: ReadonlyMap<string, UtteranceEmotion>;
}

/** Which session to follow, and how. */
export interface FollowOptions extends ServerAddress {
  /** Events held, 1…10 000; the oldest go first. Default 100. */
  readonly maxEvents?: number;
  /** How to connect again after a broken connection; it never gives up unless `maxAttempts` says so. */
  readonly reconnect?: Partial<ReconnectPolicy>;
  /** Gets every event once, in sequence. */
  readonly onEvent?: (event: EmotionEvent) => void;
}

/** A session followed while somebody listens, in the shape of React's `useSyncExternalStore`. */
export interface SessionStore {
  /** Calls `listener` after each change, until the function that is returned is called. The first one connects, the last hangs up. */
  subscribe(listener: () => void): () => void;
  getSnapshot(): FollowedSession;
}

/** Initial state. */
export const NOTHING_FOLLOWED: FollowedSession = { status: 'idle', error: null, events: [], latest: new Map() };

const DEFAULT_MAX_EVENTS = 100;
const MAX_EVENTS = 10_000;
const MAX_PARTICIPANTS = 64;

/** @throws RangeError when an option is out of range. */
export function createSessionStore(sessionId: string, options: FollowOptions): SessionStore {
  const { maxEvents = DEFAULT_MAX_EVENTS, onEvent } = options;
  if (!(Number.isInteger(maxEvents) && maxEvents >= 1 && maxEvents <= MAX_EVENTS)) {
    throw new RangeError(`maxEvents must be a whole number from 1 to ${MAX_EVENTS}`);
  }
  const policy = resolveReconnectPolicy({ maxAttempts: Number.POSITIVE_INFINITY, ...options.reconnect });
  const listeners = new Set<() => void>();
  let known = NOTHING_FOLLOWED;
  let after: EventPosition = LOG_START;
  let following: AbortController | null = null;

  const change = (part: Partial<FollowedSession>): void => {
    known = { ...known, ...part };
    for (const listener of [...listeners]) listener();
  };

  const take = (event: EmotionEvent): void => {
    after = { epoch: event.epoch ?? null, sequence: event.sequence };
    const events = [...known.events, event].slice(-maxEvents);
    const latest = event.type === 'utterance.emotion' ? withScore(known.latest, event) : known.latest;
    change({ events, latest, status: event.type === 'session.ended' ? 'ended' : 'live', error: null });
    onEvent?.(event);
  };

  /** The session was opened again: the state belongs to a log that no longer exists. */
  const skip = ({ reason, epoch }: SequenceRange): void => {
    if (reason !== 'restarted') return;
    after = { epoch, sequence: 0 };
    change({ events: [], latest: new Map() });
  };

  const follow = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        // The store shows a lost connection and tries again itself, so the client never does.
        const client = createEmotionClient({ ...options, reconnect: { maxAttempts: 0 } });
        await client.getSession(sessionId, { signal });
        if (known.status !== 'ended') change({ status: 'live', error: null });
        const { epoch, sequence: afterSequence } = after;
        const position = { afterSequence, ...(epoch !== null && { epoch }) };
        for await (const event of client.events(sessionId, { signal, ...position, onDropped: skip })) {
          failures = 0;
          take(event);
        }
        if (!signal.aborted) change({ status: 'ended' });
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures += 1;
        const failure = toFailure(error);
        const mayRetry = failure instanceof ClientError && (failure.retry || mayComeBack(failure, failures));
        const delayMs = mayRetry ? reconnectDelayMs(failures, policy, Math.random) : null;
        change({ status: delayMs === null ? 'failed' : 'reconnecting', error: failure });
        if (delayMs === null) return;
        await pause(delayMs, signal);
      }
    }
  };

  /** A session that was followed may come back with its publisher. */
  const mayComeBack = ({ code }: ClientError, failures: number): boolean =>
    code === 'unknown-session' && after.sequence > 0 && failures <= DEFAULT_RECONNECT_POLICY.maxAttempts;

  return {
    subscribe(listener) {
      const own = () => listener();
      listeners.add(own);
      if (following === null && known.status !== 'ended') {
        following = new AbortController();
        known = { ...known, status: 'connecting', error: null };
        void follow(following.signal);
      }
      return () => {
        listeners.delete(own);
        if (listeners.size > 0) return;
        following?.abort();
        following = null;
        if (known.status !== 'ended') known = { ...known, status: 'idle' };
      };
    },
    getSnapshot: () => known,
  };
}

/** A later utterance replaces an earlier one, and a higher revision replaces a lower one. */
function withScore(latest: FollowedSession['latest'], event: UtteranceEmotion): FollowedSession['latest'] {
  const { id } = event.participant;
  const last = latest.get(id);
  const isOlder =
    last !== undefined &&
    (event.startMs < last.startMs || (event.utteranceId === last.utteranceId && event.revision < last.revision));
  if (isOlder) return latest;
  const next = new Map(latest);
  next.delete(id);
  next.set(id, event);
  if (next.size > MAX_PARTICIPANTS) next.delete(next.keys().next().value ?? '');
  return next;
}

function toFailure(error: unknown): ClientError | TypeError | RangeError {
  if (error instanceof ClientError || error instanceof RangeError || error instanceof TypeError) return error;
  return ClientError.connectionFailed(error);
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, delayMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

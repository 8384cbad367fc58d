import { ClientError, type SequenceRange } from '../connection/client-error.ts';
import { type ReconnectPolicy, reconnectDelayMs, resolveReconnectPolicy } from '../connection/reconnect-policy.ts';
import { checkAddress, endpoint, type ServerAddress } from '../connection/web-socket.ts';
import {
  type EmotionEvent,
  type EmotionLabel,
  isEpoch,
  isId,
  LOG_START,
  type ParticipantRole,
  parseJson,
  parsePosition,
  parseSessionList,
  parseSessionSummary,
  type SessionList,
  type SessionSummary,
} from '../protocol/index.ts';
import { AllEventsCursor } from './all-events-cursor.ts';
import { EventConnection } from './event-connection.ts';
import { EventCursor, type StreamCursor } from './event-cursor.ts';

/** Options of a client that reads. */
export interface EmotionClientOptions extends ServerAddress {
  /** How to connect again after a broken connection; see {@link ReconnectPolicy} for the defaults. */
  readonly reconnect?: Partial<ReconnectPolicy>;
  /** Events held for a slow consumer before the connection is paused, at least 1. Default 1024. */
  readonly bufferSize?: number;
}

/** From where to read, and until when. */
export interface EventsOptions {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** Last sequence already seen. Events after it follow. Default 0: all events that the server holds. */
  readonly afterSequence?: number;
  /** Epoch of the log in which `afterSequence` counts: the epoch of the last event seen. Default: the current log. */
  readonly epoch?: string;
  /**
   * Called in place of the next event when the server no longer holds some; the iteration goes on after them.
   * Without it the iteration throws {@link ClientError} `events-dropped`: events are never lost silently.
   */
  readonly onDropped?: (dropped: SequenceRange) => void;
  /** Whether to wait for the session if it does not exist yet. Default false: `unknown-session`. */
  readonly wait?: boolean;
}

/** Which events of all sessions to read, from where, and until when. */
export interface AllEventsOptions {
  /** Ends the iteration, without an error. */
  readonly signal?: AbortSignal;
  /** `position` of the last event seen, or of a list of sessions. Default: all events that the server holds come first. */
  readonly after?: string;
  /** Default: all types. */
  readonly types?: readonly EmotionEvent['type'][];
  /** Roles of the participants whose events are wanted. Events about a session itself always come. Default: all roles. */
  readonly roles?: readonly ParticipantRole[];
  /**
   * Called in place of the next events when the server no longer holds some. The numbers of the range count the events of
   * all sessions, those that the filter leaves out included. Without it the iteration throws {@link ClientError}
   * `events-dropped`.
   */
  readonly onDropped?: (dropped: SequenceRange) => void;
}

/** Reads sessions and their events. Holds no connection between calls. */
export interface EmotionClient {
  /**
   * The events of a session, live or ended, in sequence and each once. After a broken connection the
   * client reconnects and resumes after the last event. A consumer slower than the call pauses the connection, which
   * resumes in the same way. If the session was opened again meanwhile, for example after a restart of the server,
   * {@link EventsOptions.onDropped} is called, and the new log's events follow from the first.
   * The iteration ends after `session.ended`, when there is nothing after `afterSequence` in an ended session, or
   * when `signal` aborts. Each iteration of the result is a subscription of its own.
   *
   * @throws RangeError when an argument is out of range.
   * @throws {@link ClientError} while iterating: the server's refusal (`unauthorized`, `unknown-session` …),
   *   `events-dropped`, `protocol-violation`, or the last failure once the reconnect policy gives up.
   */
  events(sessionId: string, options?: EventsOptions): AsyncIterable<EmotionEvent>;
  /**
   * The events of all sessions in one stream, each once, in sequence per session. New sessions join the stream by
   * themselves. The client reconnects and resumes as in {@link EmotionClient.events}. The iteration ends when `signal`
   * aborts. A token that is limited to one session is refused.
   *
   * @example
   * ```ts
   * for await (const event of client.allEvents({ types: ['utterance.emotion'], roles: ['customer'] })) {
   *   if (event.type === 'utterance.emotion') console.log(event.sessionId, event.emotion.label);
   * }
   * ```
   * @throws as {@link EmotionClient.events}.
   */
  allEvents(options?: AllEventsOptions): AsyncIterable<EmotionEvent>;
  /**
   * The sessions that the server holds, newest first.
   *
   * @throws {@link ClientError}; the signal's reason when it aborts.
   */
  listSessions(options?: { readonly signal?: AbortSignal }): Promise<readonly SessionSummary[]>;
  /**
   * One page of the stored sessions that fulfil all conditions, newest first. For the next page, pass the page's `next` as
   * `cursor`, until it is null. A page may have fewer sessions than `limit`, even none, before that.
   *
   * @throws {@link ClientError}, also when the server keeps no history or does not know a condition; the signal's reason when it
   *   aborts.
   */
  findSessions(conditions: SessionConditions, options?: { readonly signal?: AbortSignal }): Promise<SessionList>;
  /**
   * One session.
   *
   * @throws {@link ClientError}, with `unknown-session` when the server does not hold it; the signal's reason when it aborts.
   */
  getSession(sessionId: string, options?: { readonly signal?: AbortSignal }): Promise<SessionSummary>;
}

/** Which stored sessions to find. If there are conditions on an utterance, one utterance fulfils all of them. */
export interface SessionConditions {
  /** `live` includes `interrupted`. */
  readonly state?: 'live' | 'interrupted' | 'ended';
  /** Start of the session: at or after `from`, before `to`. A date or a time of ISO 8601, such as `2026-01-31T09:30:00Z`. */
  readonly from?: string;
  readonly to?: string;
  /** Id of a participant. */
  readonly participant?: string;
  readonly role?: ParticipantRole;
  /** Label of an utterance, and its least confidence, 0…1. */
  readonly label?: EmotionLabel;
  readonly minConfidence?: number;
  /** Words that an utterance has, in any order. Words in double quotes follow each other. Up to 200 characters. */
  readonly text?: string;
  /** Sessions per page, 1…200. Default 50. */
  readonly limit?: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

const DEFAULT_BUFFER_SIZE = 1024;

/**
 * A client that reads sessions and their events.
 *
 * @throws TypeError or RangeError when an option is unusable.
 */
export function createEmotionClient(options: EmotionClientOptions): EmotionClient {
  const policy = resolveReconnectPolicy(options.reconnect ?? {});
  const bufferSize = options.bufferSize ?? DEFAULT_BUFFER_SIZE;
  if (!Number.isInteger(bufferSize) || bufferSize < 1)
    throw new RangeError('bufferSize must be a whole number of at least 1');
  checkAddress(options);

  return {
    events(sessionId, eventsOptions = {}) {
      checkSessionId(sessionId);
      const afterSequence = eventsOptions.afterSequence ?? 0;
      if (!Number.isSafeInteger(afterSequence) || afterSequence < 0) {
        throw new RangeError('afterSequence must be a whole number of at least 0');
      }
      const { epoch = null } = eventsOptions;
      if (epoch !== null && !isEpoch(epoch)) throw new RangeError('epoch must be 1 to 32 of A-Z a-z 0-9 _ -');
      const after = { epoch, sequence: afterSequence };
      const { signal, onDropped, wait } = eventsOptions;
      const subscription = { address: options, policy, bufferSize, signal, onDropped };
      return { [Symbol.asyncIterator]: () => readEvents(subscription, new EventCursor(sessionId, after, wait)) };
    },
    allEvents({ signal, after: text, types, roles, onDropped } = {}) {
      const after = text === undefined ? LOG_START : parsePosition(text);
      if (after === null) throw new RangeError('after must be the position of an event, such as Zx81:42');
      const filter = { ...(types !== undefined && { types }), ...(roles !== undefined && { roles }) };
      const subscription = { address: options, policy, bufferSize, signal, onDropped };
      return { [Symbol.asyncIterator]: () => readEvents(subscription, new AllEventsCursor(after, filter)) };
    },
    async listSessions({ signal } = {}) {
      return (await getJson(options, 'v1/sessions', parseSessionList, signal)).sessions;
    },
    findSessions(conditions, { signal } = {}) {
      const query = new URLSearchParams({ limit: '50' });
      for (const [name, value] of Object.entries(conditions)) if (value !== undefined) query.set(name, String(value));
      return getJson(options, `v1/sessions?${query}`, parseSessionList, signal);
    },
    async getSession(sessionId, { signal } = {}) {
      checkSessionId(sessionId);
      return getJson(options, `v1/sessions/${sessionId}`, (body) => parseSessionSummary(body), signal);
    },
  };
}

interface Subscription {
  readonly address: ServerAddress;
  readonly policy: ReconnectPolicy;
  readonly bufferSize: number;
  readonly signal: AbortSignal | undefined;
  readonly onDropped: EventsOptions['onDropped'];
}

async function* readEvents(
  { address, policy, bufferSize, signal, onDropped }: Subscription,
  cursor: StreamCursor,
): AsyncGenerator<EmotionEvent, void, undefined> {
  let failures = 0;
  let hasRead = false;

  while (signal?.aborted !== true) {
    const connection = new EventConnection(address, cursor.subscribe, bufferSize);
    const hangUp = () => connection.close();
    signal?.addEventListener('abort', hangUp);
    try {
      for (let reply = await connection.next(); reply !== null; reply = await connection.next()) {
        // A fatal error's close code follows and says the same.
        if (reply.type === 'error') continue;
        failures = 0;
        hasRead = true;
        const { dropped, event } = cursor.take(reply);
        for (const range of dropped) {
          if (onDropped === undefined) throw ClientError.eventsDropped(range);
          onDropped(range);
        }
        if (event === null) continue;
        yield event;
        if (cursor.isLast(event)) return;
      }
    } finally {
      signal?.removeEventListener('abort', hangUp);
      connection.close();
    }
    if (connection.end?.kind === 'completed') return;
    if (connection.end?.kind === 'failed') {
      const { error } = connection.end;
      failures += 1;
      // A session that was followed comes back with its publisher, which may take longer than the server does.
      const mayRetry = error.retry || (error.code === 'unknown-session' && hasRead);
      const delayMs = mayRetry ? reconnectDelayMs(failures, policy, Math.random) : null;
      if (delayMs === null) throw error;
      await sleep(delayMs, signal);
    }
  }
}

async function getJson<T>(
  address: ServerAddress,
  path: string,
  parse: (body: unknown) => T,
  signal: AbortSignal | undefined,
): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (address.token !== undefined) headers.authorization = `Bearer ${address.token}`;
  let body: string;
  try {
    const response = await fetch(endpoint(address, 'http', path), { headers, signal: signal ?? null });
    if (!response.ok) throw ClientError.fromHttpStatus(response.status);
    body = await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ClientError ? error : ClientError.connectionFailed(error);
  }
  try {
    return parse(parseJson(body));
  } catch (error) {
    throw ClientError.protocolViolation(error);
  }
}

function checkSessionId(sessionId: string): void {
  if (!isId(sessionId)) throw new RangeError('sessionId must be 1 to 64 of A-Z a-z 0-9 . _ -');
}

/** Resolves after `delayMs`, or at once when `signal` aborts. */
function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const timer = setTimeout(wake, delayMs);
    signal?.addEventListener('abort', wake);
    if (signal?.aborted === true) wake();
  });
}

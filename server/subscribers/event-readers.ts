import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type EventPosition, SUBSCRIBE_SUBPROTOCOL } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { Grant } from '../access/grant.ts';
import type { AskAdmission } from '../admission.ts';
import { FanOut } from '../event-log/fan-out.ts';
import type { EventFilter, ReadableLog } from '../event-log/readable-log.ts';
import type { StoredLogs } from '../history/stored-logs.ts';
import type { ConnectionGuard } from '../limits/connection-guard.ts';
import type { ReadPace } from '../limits/read-pace.ts';
import { type ReaderLimit, ReaderLimits, type ReaderLimitsOptions } from '../limits/reader-limits.ts';
import type { SocketRoute } from '../ports/socket-route.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import { openEventStream } from './event-stream.ts';
import { WebSocketSubscriber } from './websocket-subscriber.ts';

/** Counts events about readers. */
export interface ReaderMeter {
  readerLimited(limit: ReaderLimit): void;
  subscriberDropped(count: number): void;
  peerFaulted(way: string): void;
}

export interface EventReadersOptions extends ReaderLimitsOptions {
  readonly sessions: SessionRegistry;
  /** Sessions that are no longer in memory. */
  readonly stored: StoredLogs;
  /** Called before another event stream is accepted. Sockets are checked when they are upgraded. */
  readonly refuse: AskAdmission;
  /** Logs who follows which session. */
  readonly access: AccessControl;
  readonly pace: ReadPace;
  readonly connectionGuard: ConnectionGuard;
  readonly clock: Clock;
  readonly meter: ReaderMeter;
  readonly log: Logger;
  /** Time for a subscriber to send `subscribe`, in ms. */
  readonly helloTimeoutMs: number;
  /** Interval of the comments that keep an event stream open, in ms. */
  readonly heartbeatMs: number;
  /** Events in flight per reader. */
  readonly maxInFlight: number;
}

/** What is streamed over HTTP. */
export interface EventStreamRequest {
  /** A session, or {@link ALL_SESSIONS}. */
  readonly sessionId: string;
  /** Null: wait for the session to be opened. */
  readonly log: ReadableLog | null;
  readonly after: EventPosition;
  readonly filter: EventFilter;
}

/** A request, and the response that its stream is written to. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Largest message from a subscriber, in bytes. */
const MAX_SUBSCRIBE_BYTES = 4096;

/** All readers of events: event streams over HTTP, and subscribers over WebSockets. */
export class EventReaders {
  readonly #options: EventReadersOptions;
  readonly #limits: ReaderLimits;
  readonly #fanOut: FanOut;
  #openStreams = 0;

  constructor(options: EventReadersOptions) {
    this.#options = options;
    this.#limits = new ReaderLimits(options);
    this.#fanOut = new FanOut({ clock: options.clock });
  }

  /** Number of open event streams. Subscribers count as sockets. */
  get openStreams(): number {
    return this.#openStreams;
  }

  /** Streams events to a response. Returns false, and writes nothing, when too many readers are open. */
  stream(
    { sessionId, log, after, filter }: EventStreamRequest,
    { request, response }: Exchange,
    grant: Grant,
  ): boolean {
    const { sessions, refuse, pace, connectionGuard, clock, heartbeatMs, maxInFlight, meter } = this.#options;
    const leave = refuse() === null ? this.#limits.admit(sessionId, grant) : null;
    if (leave === null) return false;
    this.#openStreams += 1;
    connectionGuard.keepOpen(response.socket);
    response.once('close', () => {
      this.#openStreams -= 1;
      leave();
    });
    openEventStream({
      response,
      whenThere(follow) {
        if (log === null) return sessions.whenOpened(sessionId, ({ events }) => follow(events));
        follow(log);
        return () => {};
      },
      fanOut: this.#fanOut,
      after,
      filter,
      clock,
      heartbeatMs,
      maxInFlight,
      onCatchUp: pace.catchUp(request),
      onDropped: (count) => meter.subscriberDropped(count),
    });
    return true;
  }

  /** The WebSocket endpoint for subscribers. */
  route(): SocketRoute {
    return {
      path: '/v1/subscribe',
      subprotocol: SUBSCRIBE_SUBPROTOCOL,
      maxPayload: MAX_SUBSCRIBE_BYTES,
      access: { scope: 'subscribe' },
      accept: (socket, request, grant) => {
        const { sessions, stored, pace, clock, helloTimeoutMs, maxInFlight, meter, log } = this.#options;
        new WebSocketSubscriber({
          socket,
          sessions,
          stored,
          grant,
          fanOut: this.#fanOut,
          admitReader: (sessionId) => this.#admit(sessionId, request, grant),
          clock,
          helloTimeoutMs,
          maxInFlight,
          onCatchUp: pace.catchUp(request),
          onDropped: (count) => meter.subscriberDropped(count),
          onFault(error) {
            meter.peerFaulted('subscriber');
            log.error({ err: error }, 'a message from a subscriber caused an error; the subscriber is closed');
          },
        });
      },
    };
  }

  /** Resolves once every reader has received all events of its session, or after `graceMs`. */
  drain(graceMs: number): Promise<void> {
    return this.#fanOut.drain(graceMs);
  }

  #admit(sessionId: string, request: IncomingMessage, grant: Grant): (() => void) | null {
    const { pace, access, onLimit } = this.#options;
    if (!pace.isFree(request)) {
      onLimit('read-pace');
      return null;
    }
    const leave = this.#limits.admit(sessionId, grant);
    if (leave !== null) access.audit('subscribe', request, grant, sessionId);
    return leave;
  }
}

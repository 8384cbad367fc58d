import type { Subscription } from 'rxjs';
import type { RawData, WebSocket } from 'ws';
import {
  ALL_SESSIONS,
  CLOSE_CODES,
  type CloseReason,
  type EventsDropped,
  ProtocolError,
  parseJson,
  parseSubscriberMessage,
  type ServerError,
  type Subscribe,
} from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import { covers, type Grant } from '../access/grant.ts';
import { EventFeed, type EventFeedOptions } from '../event-log/event-feed.ts';
import type { FanOut } from '../event-log/fan-out.ts';
import type { ReadableLog } from '../event-log/readable-log.ts';
import type { StoredLogs } from '../history/stored-logs.ts';
import { leaveGuard, PeerGuard } from '../peer-guard.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';

export interface WebSocketSubscriberOptions {
  readonly socket: WebSocket;
  readonly sessions: SessionRegistry;
  /** Sessions that are no longer in memory. */
  readonly stored: StoredLogs;
  /** What the subscriber may do. With a grant for one session, it may follow no other. */
  readonly grant: Grant;
  readonly fanOut: FanOut;
  /**
   * Admits a reader of a session. Null when there are too many. Otherwise returns a function that releases the place.
   */
  readonly admitReader: (sessionId: string) => (() => void) | null;
  readonly clock: Clock;
  /** Time for the subscriber to send `subscribe`, in ms. */
  readonly helloTimeoutMs: number;
  /** Events in flight to this subscriber. */
  readonly maxInFlight: number;
  readonly onCatchUp: (count: number) => void;
  readonly onDropped: (count: number) => void;
  /** Called when a message of the subscriber caused an error. The subscriber is already closed. */
  readonly onFault: (error: unknown) => void;
}

/** Time for a socket to answer the close frame before it is terminated, in ms. */
const CLOSE_TIMEOUT_MS = 2000;

/**
 * One subscriber's WebSocket. The client first sends `subscribe`. Then it receives events until the session's last one.
 */
export class WebSocketSubscriber {
  readonly #options: WebSocketSubscriberOptions;
  #timer: Subscription;
  #feed: EventFeed | null = null;
  #closing = false;
  #isAsked = false;
  #hasPlace = false;
  #stopWaiting: () => void = () => {};

  constructor(options: WebSocketSubscriberOptions) {
    const { socket, clock, helloTimeoutMs } = options;
    this.#options = options;
    this.#timer = clock.scheduler.schedule(() => this.#fail('idle'), helloTimeoutMs);
    const guard = new PeerGuard((error) => {
      options.onFault(error);
      this.#fail('internal');
    });
    const receive = ({ data, isBinary }: { data: RawData; isBinary: boolean }) => this.#onMessage(data, isBinary);
    socket.on('message', (data, isBinary) => guard.run(receive, { data, isBinary }));
    socket.on('close', () => this.#release());
    // ws closes the socket itself after a framing error. Without a listener, the error would end the process.
    socket.on('error', () => {});
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#closing) return;
    if (isBinary || this.#isAsked) {
      this.#fail('unexpected-message', 'A subscriber may send only one message: subscribe.');
      return;
    }
    try {
      this.#subscribe(parseSubscriberMessage(parseJson(data.toString('utf8'))));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#fail(error.closeReason, error.message);
    }
  }

  #subscribe(message: Subscribe): void {
    const { sessionId } = message;
    const { sessions, grant, onFault } = this.#options;
    this.#isAsked = true;
    const log = sessionId === ALL_SESSIONS ? sessions.events : sessions.get(sessionId)?.events;
    if (!covers(grant, sessionId)) {
      this.#fail('unknown-session');
    } else if (log !== undefined) {
      this.#follow(log, message);
    } else {
      this.#followStored(message).catch((error: unknown) => {
        onFault(error);
        this.#fail('internal');
      });
    }
  }

  async #followStored(message: Subscribe): Promise<void> {
    const { socket, stored } = this.#options;
    const session = await stored.open(message.sessionId);
    if (session === null) this.#awaitSession(message);
    else if (session === 'overloaded') this.#fail('overloaded');
    else if (this.#closing) session.release();
    else {
      socket.once('close', session.release);
      this.#follow(session.events, message);
    }
  }

  /** Waits for a session that does not exist yet, if the subscriber asks for that. */
  #awaitSession(message: Subscribe): void {
    const { sessions } = this.#options;
    const { sessionId, wait = false } = message;
    const opened = sessions.get(sessionId);
    if (opened !== undefined) this.#follow(opened.events, message);
    else if (!wait) this.#fail('unknown-session');
    else if (this.#isAdmitted(sessionId)) {
      this.#stopWaiting = sessions.whenOpened(sessionId, ({ events }) => this.#follow(events, message));
    }
  }

  /** Takes a reader's place, unless the subscriber has one. If there is none, the subscriber is closed. */
  #isAdmitted(sessionId: string): boolean {
    if (this.#closing) return false;
    if (this.#hasPlace) return true;
    const leave = this.#options.admitReader(sessionId);
    if (leave === null) {
      this.#fail('overloaded');
      return false;
    }
    this.#hasPlace = true;
    this.#options.socket.once('close', leave);
    this.#timer.unsubscribe();
    return true;
  }

  #follow(log: ReadableLog, { sessionId, afterSequence: sequence = 0, epoch, types, roles }: Subscribe): void {
    const { socket, fanOut, maxInFlight, onCatchUp, onDropped } = this.#options;
    if (!this.#isAdmitted(sessionId)) return;
    const feed: EventFeedOptions = {
      log,
      fanOut,
      after: { epoch: epoch ?? null, sequence },
      filter: { ...(types !== undefined && { types }), ...(roles !== undefined && { roles }) },
      maxInFlight,
      onCatchUp,
      onDropped,
      sink: {
        send: (event, flushed) => socket.send(event.json, { binary: false }, flushed),
        tellDropped: (dropped) => this.#tell(dropped),
        // The stream of all sessions ends with the server. Its reader is to come back.
        end: () => (sessionId === ALL_SESSIONS ? this.#fail('shutdown') : this.#close(1000, '')),
      },
    };
    // The log and the fan-out are shared by all readers, so a later error there is not this subscriber's fault.
    this.#feed = leaveGuard((options) => new EventFeed(options), feed);
  }

  #fail(reason: CloseReason, message: string = CLOSE_CODES[reason].meaning): void {
    if (this.#closing) return;
    this.#tell({ type: 'error', code: reason, message, fatal: true });
    this.#close(CLOSE_CODES[reason].code, reason);
  }

  #close(code: number, reason: string): void {
    const { socket, clock } = this.#options;
    this.#release();
    socket.close(code, reason);
    this.#timer = clock.scheduler.schedule(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    socket.once('close', () => this.#timer.unsubscribe());
  }

  #release(): void {
    this.#closing = true;
    this.#timer.unsubscribe();
    this.#stopWaiting();
    this.#feed?.stop();
  }

  #tell(message: EventsDropped | ServerError): void {
    this.#options.socket.send(JSON.stringify(message));
  }
}

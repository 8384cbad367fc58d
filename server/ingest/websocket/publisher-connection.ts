import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import {
  CLOSE_CODES,
  type CloseReason,
  decodeMediaPacket,
  ProtocolError,
  type PublisherMessage,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
  REFUSAL_CODES,
  type RefusalCode,
  type SessionEndReason,
  type SessionStart,
} from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import { ServiceError } from '../../service-error.ts';
import type { SessionRegistry } from '../../sessions/session-registry.ts';
import { JoinedSession } from './joined-session.ts';
import { TokenBucket } from './token-bucket.ts';

/** Limits of one publisher; the names are those of the configuration. */
export interface PublisherLimits {
  readonly maxPacketBytes: number;
  readonly maxMessageBytes: number;
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly maxTracksPerSession: number;
  readonly jitterMs: number;
  readonly maxLeadMs: number;
  readonly helloTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** Counts what publishers send. */
export interface IngestMeter {
  received(kind: 'packet' | 'message', bytes: number): void;
  refused(code: RefusalCode): void;
  closed(reason: CloseReason): void;
}

export interface PublisherConnectionOptions {
  readonly socket: WebSocket;
  readonly sessions: SessionRegistry;
  readonly limits: PublisherLimits;
  readonly clock: Clock;
  readonly meter: IngestMeter;
  readonly log: Logger;
}

/** Answers to refused packets a second; more are counted, not sent. */
const MAX_REFUSALS_PER_SECOND = 20;

/** Time a socket has to answer the close frame before it is cut, in ms. */
const CLOSE_TIMEOUT_MS = 2000;

/** How the end of a session is told to its publishers; null: the normal close. */
const CLOSE_REASON_OF_END: Readonly<Record<SessionEndReason, CloseReason | null>> = {
  completed: null,
  disconnected: null,
  idle: 'idle',
  shutdown: 'shutdown',
  failed: 'internal',
};

/** One publisher's WebSocket: checks what comes, in the order of what the checks cost, and hands it to a session. */
export class PublisherConnection {
  readonly #options: PublisherConnectionOptions;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #refusals: TokenBucket;
  #joined: JoinedSession | null = null;
  #lastHeardMs: number;
  #timer: Subscription;
  #closing = false;

  constructor(options: PublisherConnectionOptions) {
    const { socket, clock, limits } = options;
    const now = clock.now();
    this.#options = options;
    this.#messages = new TokenBucket(limits.maxMessagesPerSecond, 2 * limits.maxMessagesPerSecond, now);
    const byteBurst = Math.max(2 * limits.maxBytesPerSecond, limits.maxPacketBytes);
    this.#bytes = new TokenBucket(limits.maxBytesPerSecond, byteBurst, now);
    this.#refusals = new TokenBucket(MAX_REFUSALS_PER_SECOND, MAX_REFUSALS_PER_SECOND, now);
    this.#lastHeardMs = now;
    this.#timer = clock.scheduler.schedule(() => this.#fail('idle'), limits.helloTimeoutMs);
    socket.on('message', (data, isBinary) => {
      if (!this.#closing) this.#onMessage(data as Buffer, isBinary);
    });
    socket.on('close', () => this.#onClosed());
    // ws closes the socket itself after a framing error; without a listener the error would end the process.
    socket.on('error', () => {});
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    const { clock, limits, meter } = this.#options;
    const now = clock.now();
    this.#lastHeardMs = now;
    meter.received(isBinary ? 'packet' : 'message', bytes.byteLength);
    if (!this.#messages.take(1, now) || !this.#bytes.take(bytes.byteLength, now)) {
      this.#fail('too-fast');
    } else if (bytes.byteLength > (isBinary ? limits.maxPacketBytes : limits.maxMessageBytes)) {
      this.#fail('too-large');
    } else {
      this.#handle(bytes, isBinary);
    }
  }

  #handle(bytes: Buffer, isBinary: boolean): void {
    try {
      if (isBinary) this.#onPacket(bytes);
      else this.#onControl(parsePublisherMessage(parseJson(bytes.toString('utf8'))));
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#fail(error.closeReason, error.message);
      } else if (error instanceof ServiceError) {
        this.#fail(error.code === 'shutting-down' ? 'shutdown' : 'overloaded', error.message);
      } else {
        const sessionId = this.#joined?.session.id;
        this.#options.log.error({ err: error, sessionId }, 'a message of a publisher could not be handled');
        this.#fail('internal');
      }
    }
  }

  #onControl(message: PublisherMessage): void {
    const joined = this.#joined;
    if (message.type === 'session.start') {
      if (joined === null) this.#start(message);
      else this.#fail('unexpected-message', 'session.start may come only once.');
    } else if (joined === null) {
      this.#fail('unexpected-message', 'session.start must come first.');
    } else if (message.type === 'session.end') {
      joined.session.end('completed');
    } else if (message.type === 'track.add') {
      const refusal = joined.addTrack(message);
      if (refusal === null) this.#reply({ type: 'track.ready', track: message.track });
      else this.#refuse(refusal);
    } else {
      this.#refuse(message.type === 'transcript' ? joined.takeTranscript(message) : joined.endTrack(message.track));
    }
  }

  #onPacket(bytes: Buffer): void {
    if (this.#joined === null) {
      this.#fail('unexpected-message', 'session.start must come before media.');
      return;
    }
    try {
      this.#refuse(this.#joined.takePacket(decodeMediaPacket(bytes)));
    } catch (error) {
      // Another version means that every packet is unreadable; anything else is wrong with this one alone.
      if (!(error instanceof ProtocolError) || error.code === 'unsupported-version') throw error;
      this.#refuse('malformed-packet', error.message);
    }
  }

  #start(message: SessionStart): void {
    const { sessions, limits } = this.#options;
    const known = message.sessionId === undefined ? undefined : sessions.get(message.sessionId);
    if (known?.ending === true) {
      this.#fail('session-taken');
      return;
    }
    const session = known ?? sessions.open(message);
    this.#joined = new JoinedSession(session, limits);
    this.#lookAgainIn(limits.idleTimeoutMs);
    void session.finished.then((reason) => this.#onSessionFinished(reason));
    const { maxPacketBytes, maxMessageBytes, maxTracksPerSession: maxTracks, jitterMs } = limits;
    this.#reply({
      type: 'session.ready',
      sessionId: session.id,
      traceparent: session.traceparent,
      limits: { maxPacketBytes, maxMessageBytes, maxTracks, jitterMs },
    });
  }

  /** Tells that a message or packet alone was dropped; null: it was not. */
  #refuse(code: RefusalCode | null, message?: string): void {
    if (code === null) return;
    const { clock, meter } = this.#options;
    meter.refused(code);
    if (!this.#refusals.take(1, clock.now())) return;
    this.#reply({ type: 'error', code, message: message ?? REFUSAL_CODES[code], fatal: false });
  }

  /** Nothing more is taken from this publisher. */
  #fail(reason: CloseReason, message: string = CLOSE_CODES[reason].meaning): void {
    this.#reply({ type: 'error', code: reason, message, fatal: true });
    this.#close(reason);
  }

  #close(reason: CloseReason | null): void {
    const { socket, clock, meter } = this.#options;
    this.#closing = true;
    if (reason !== null) meter.closed(reason);
    socket.close(reason === null ? 1000 : CLOSE_CODES[reason].code, reason ?? '');
    this.#timer.unsubscribe();
    this.#timer = clock.scheduler.schedule(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    this.#leave(reason === 'idle' ? 'idle' : 'disconnected');
  }

  #onSessionFinished(reason: SessionEndReason): void {
    if (this.#closing) return;
    const closeReason = CLOSE_REASON_OF_END[reason];
    if (closeReason === null) this.#close(null);
    else this.#fail(closeReason);
  }

  #onClosed(): void {
    this.#closing = true;
    this.#timer.unsubscribe();
    this.#leave('disconnected');
  }

  #leave(reason: 'idle' | 'disconnected'): void {
    this.#joined?.leave(reason);
    this.#joined = null;
  }

  /** One timer a period of silence, none a packet. */
  #lookAgainIn(delayMs: number): void {
    this.#timer.unsubscribe();
    this.#timer = this.#options.clock.scheduler.schedule(() => this.#closeIfIdle(), delayMs);
  }

  #closeIfIdle(): void {
    const { clock, limits } = this.#options;
    const leftMs = limits.idleTimeoutMs - (clock.now() - this.#lastHeardMs);
    // While the last utterances are finished it is the publisher who waits.
    if (this.#joined?.session.ending === true) this.#lookAgainIn(limits.idleTimeoutMs);
    else if (leftMs > 0) this.#lookAgainIn(leftMs);
    else this.#fail('idle');
  }

  #reply(reply: PublisherReply): void {
    this.#options.socket.send(JSON.stringify(reply));
  }
}

import type { Logger } from 'pino';
import type { Subscription } from 'rxjs';
import type { WebSocket } from 'ws';
import { CLOSE_CODES, type CloseReason, ProtocolError, type RefusalCode } from '../../../client-sdk/protocol/index.ts';
import type { Clock } from '../../../pipeline/index.ts';
import type { Platform } from '../../access/platform.ts';
import { TrafficLimit } from '../../limits/traffic-limit.ts';
import { PeerGuard } from '../../peer-guard.ts';
import { ServiceError, type ServiceErrorCode } from '../../service-error.ts';
import type { HolderTraffic } from '../admission/holder-quotas.ts';
import type { IngestMeter } from '../admission/ingest-meter.ts';
import { BadMessages } from './bad-messages.ts';

/** Limits of one source's socket. The names are those of the configuration. */
export interface SourceLimits {
  readonly maxPacketBytes: number;
  readonly maxMessageBytes: number;
  readonly maxMessagesPerSecond: number;
  readonly maxBytesPerSecond: number;
  readonly helloTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** What all sources share. One per server. */
export interface SourceContext {
  readonly clock: Clock;
  readonly meter: IngestMeter;
  readonly log: Logger;
}

/** The protocol that is spoken over a {@link SourceSocket}. */
export interface SourceHandler {
  /** What the source is, and its session once it has one. For log lines. */
  readonly about: SourceDescription;
  /**
   * Handles a message within the limits. A ProtocolError that it throws drops the message. Any other error ends the
   * socket: see {@link SourceHandler.onTrouble}.
   */
  onMessage(bytes: Buffer, isBinary: boolean): void;
  /**
   * The socket must end: the source broke a limit or the protocol, or was silent for too long. The handler reports this
   * in its own protocol and closes.
   */
  onTrouble(reason: CloseReason, message: string): void;
  /** Called once: with null if this side closes the socket, with the code if the other side closed it. */
  onGone(code: number | null): void;
  /**
   * True until the source has introduced itself. Until then a bad message ends the socket. Default: never, because each
   * of the source's messages stands for itself.
   */
  isStranger?(): boolean;
  /** A bad message was dropped. It has been counted and logged. */
  onDropped?(reason: RefusalCode, message: string): void;
  /** True while the source's silence is expected. */
  isWaiting?(): boolean;
  /**
   * True while too much of the source's media is waiting. The socket is then not read, and TCP makes the source wait.
   */
  isFull?(): boolean;
}

export interface SourceDescription {
  readonly source: 'publisher' | Platform;
  readonly sessionId?: string | undefined;
}

export interface SourceSocketOptions extends SourceContext {
  readonly socket: WebSocket;
  readonly limits: SourceLimits;
  readonly handler: SourceHandler;
  /** Limit for all sources of the same holder together. Default: none. */
  readonly traffic?: HolderTraffic | null;
}

/** How long a socket may take to answer the close frame before it is cut, in ms. */
const CLOSE_TIMEOUT_MS = 2000;

/** How soon a paused source is checked again, in ms. */
const FULL_RETRY_MS = 10;

/**
 * Messages that are kept while a source's token is being checked: more than a second of a call. Further ones are
 * dropped.
 */
const MAX_HELD = 64;

/** Close reason per error of the ingest port. */
const CLOSE_REASON_OF_ERROR: Readonly<Partial<Record<ServiceErrorCode, CloseReason>>> = {
  'session-exists': 'session-taken',
  'session-held': 'session-taken',
  'session-reserved': 'session-taken',
  'not-granted': 'unauthorized',
  'quota-session-starts': 'too-fast',
  'session-limit': 'overloaded',
  'memory-limit': 'overloaded',
  'server-late': 'overloaded',
  'shutting-down': 'shutdown',
};

/** The WebSocket of a source, for every protocol. Checks rates, sizes and silence, cheapest check first. */
export class SourceSocket {
  readonly #options: SourceSocketOptions;
  readonly #guard: PeerGuard;
  readonly #traffic: TrafficLimit;
  readonly #bad: BadMessages;
  #lastHeardMs: number;
  #timer: Subscription;
  #pauseTimer: Subscription | null = null;
  #closing = false;
  /** Messages that arrived while {@link holdUntil} waits. Null while it does not wait. */
  #held: { readonly bytes: Buffer; readonly isBinary: boolean }[] | null = null;
  /** Code of a close that arrived while {@link holdUntil} waited. */
  #goneWith: number | null = null;

  constructor(options: SourceSocketOptions) {
    const { socket, clock, limits } = options;
    const now = clock.now();
    this.#options = options;
    this.#traffic = new TrafficLimit(limits, now, limits.maxPacketBytes);
    this.#bad = new BadMessages({ ...options, about: () => options.handler.about });
    this.#lastHeardMs = now;
    this.#timer = clock.scheduler.schedule(() => this.#trouble('idle'), limits.helloTimeoutMs);
    this.#guard = new PeerGuard((error) => {
      options.log.error({ err: error }, 'a message from a source caused an error; the source is closed');
      options.meter.peerFaulted('websocket');
      this.#trouble('internal');
    });
    const receive = ({ data, isBinary }: { data: Buffer; isBinary: boolean }) => this.#onMessage(data, isBinary);
    socket.on('message', (data, isBinary) => {
      if (!this.#closing) this.#guard.run(receive, { data: data as Buffer, isBinary });
    });
    socket.on('close', (code) => {
      this.#timer.unsubscribe();
      this.#pauseTimer?.unsubscribe();
      if (this.#held === null) this.#gone(code);
      else this.#goneWith = code;
    });
    // After a framing error, ws closes the socket itself. Without a listener, the error would end the process.
    socket.on('error', () => {});
  }

  /** True once no further message is accepted. */
  get closing(): boolean {
    return this.#closing;
  }

  /** The source has introduced itself: from now on it may be silent for `idleTimeoutMs`. */
  introduced(): void {
    this.#lookAgainIn(this.#options.limits.idleTimeoutMs);
  }

  /**
   * Holds messages and a close back until `ready` settles. Then calls `go` with its value and handles the held messages
   * in order. Calls nothing once this side closes.
   */
  holdUntil<T>(ready: Promise<T>, go: (value: T) => void): void {
    this.#held = [];
    ready.then(
      (value) => this.#release(() => go(value)),
      (error: unknown) =>
        this.#release(() => {
          throw error;
        }),
    );
  }

  send(text: string): void {
    this.#options.socket.send(text);
  }

  /** Accepts no further message and sends a close frame. Cuts a socket that does not answer it. */
  close(code: number, reason: CloseReason | ''): void {
    if (this.#closing) return;
    const { socket, clock, meter, handler } = this.#options;
    this.#closing = true;
    if (reason !== '') meter.closed(reason);
    this.#pauseTimer?.unsubscribe();
    socket.resume();
    socket.close(code, reason);
    this.#timer.unsubscribe();
    this.#timer = clock.scheduler.schedule(() => socket.terminate(), CLOSE_TIMEOUT_MS);
    handler.onGone(null);
  }

  #onMessage(bytes: Buffer, isBinary: boolean): void {
    const { clock, limits, meter, traffic } = this.#options;
    const now = clock.now();
    this.#lastHeardMs = now;
    meter.received(isBinary ? 'packet' : 'message', bytes.byteLength);
    if (this.#traffic.take(bytes.byteLength, now) !== null) {
      this.#trouble('too-fast');
      return;
    }
    if (traffic?.take(bytes.byteLength, now) === false) {
      this.#trouble('too-fast', 'The publishers of this access token send more together than one may.');
      return;
    }
    if (bytes.byteLength > (isBinary ? limits.maxPacketBytes : limits.maxMessageBytes)) {
      this.#failed(new ProtocolError('too-large', CLOSE_CODES['too-large'].meaning));
      return;
    }
    this.#take(bytes, isBinary);
  }

  #take(bytes: Buffer, isBinary: boolean): void {
    const { handler, meter } = this.#options;
    if (this.#held !== null) {
      if (this.#held.length < MAX_HELD) this.#held.push({ bytes, isBinary });
      else meter.refused('overloaded');
      return;
    }
    try {
      handler.onMessage(bytes, isBinary);
      if (handler.isFull?.() === true) this.#pause();
    } catch (error) {
      this.#failed(error);
    }
  }

  /**
   * Drops a bad message. Ends the socket if the source has not introduced itself, or if the message belongs to a run.
   *
   * @param reason - how it is counted. Default: by the problem's code.
   */
  drop(problem: ProtocolError, reason?: RefusalCode): void {
    const { handler, log } = this.#options;
    const isStranger = handler.isStranger?.() === true;
    if (!isStranger) {
      const dropped = this.#bad.drop(problem, reason);
      if (dropped !== null) {
        handler.onDropped?.(dropped, problem.message);
        return;
      }
    }
    const { closeReason: reasonToClose, message } = problem;
    if (!this.#closing) log.info({ ...handler.about, reason: reasonToClose, problem: message }, 'a source is closed');
    this.#trouble(reasonToClose, message);
  }

  /** Drops a message of a type that this server does not know. */
  ignore(type: string): void {
    this.#bad.ignore(type);
  }

  #release(go: () => void): void {
    const held = this.#held ?? [];
    this.#held = null;
    if (this.#closing) return;
    try {
      go();
    } catch (error) {
      this.#failed(error);
    }
    for (const { bytes, isBinary } of held) if (!this.#closing) this.#take(bytes, isBinary);
    if (this.#held === null && this.#goneWith !== null) this.#gone(this.#goneWith);
  }

  #gone(code: number): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#timer.unsubscribe();
    this.#pauseTimer?.unsubscribe();
    this.#options.handler.onGone(code);
  }

  /** A bad message is dropped. Any other error ends the socket. */
  #failed(error: unknown): void {
    if (error instanceof ProtocolError) {
      this.drop(error);
    } else if (error instanceof ServiceError) {
      this.#trouble(CLOSE_REASON_OF_ERROR[error.code] ?? 'overloaded', error.message);
    } else {
      this.#guard.fault(error);
    }
  }

  /** Stops reading until the messages read so far have been processed. */
  #pause(): void {
    if (this.#closing || this.#pauseTimer !== null) return;
    const { socket, clock, handler } = this.#options;
    const sinceMs = clock.now();
    const resumeWhenReady = (): void => {
      // The source was not read meanwhile, so this time does not count as silence.
      this.#lastHeardMs = clock.now();
      if (handler.isFull?.() === true) {
        this.#pauseTimer = clock.scheduler.schedule(resumeWhenReady, FULL_RETRY_MS);
        return;
      }
      this.#pauseTimer = null;
      this.#traffic.makeUpFor(this.#lastHeardMs - sinceMs);
      this.#options.traffic?.makeUpFor(this.#lastHeardMs - sinceMs);
      socket.resume();
    };
    socket.pause();
    this.#pauseTimer = clock.scheduler.schedule(resumeWhenReady, FULL_RETRY_MS);
  }

  #trouble(reason: CloseReason, message: string = CLOSE_CODES[reason].meaning): void {
    if (!this.#closing) this.#options.handler.onTrouble(reason, message);
  }

  /** One timer per period of silence, not per packet. */
  #lookAgainIn(delayMs: number): void {
    if (this.#closing) return;
    this.#timer.unsubscribe();
    this.#timer = this.#options.clock.scheduler.schedule(() => this.#closeIfIdle(), delayMs);
  }

  #closeIfIdle(): void {
    const { clock, limits, handler } = this.#options;
    const leftMs = limits.idleTimeoutMs - (clock.now() - this.#lastHeardMs);
    if (handler.isWaiting?.() === true) this.#lookAgainIn(limits.idleTimeoutMs);
    else if (leftMs > 0) this.#lookAgainIn(leftMs);
    else this.#trouble('idle');
  }
}

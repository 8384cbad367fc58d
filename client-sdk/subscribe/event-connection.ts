import { ClientError } from '../connection/client-error.ts';
import { connect, type ServerAddress, type WebSocketLike } from '../connection/web-socket.ts';
import {
  parseJson,
  parseSubscriberReply,
  SUBSCRIBE_SUBPROTOCOL,
  type Subscribe,
  type SubscriberReply,
} from '../protocol/index.ts';

/** How a connection ended: all events were sent, the buffer was full, or it failed. */
export type ConnectionEnd =
  | { readonly kind: 'completed' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly error: ClientError };

const NORMAL_CLOSURE = 1000;

/**
 * One subscription over one WebSocket, read at the consumer's pace. It holds at most `capacity` messages. If
 * they are not read in time, it disconnects, and the reader must resume by position.
 */
export class EventConnection {
  readonly #socket: WebSocketLike;
  readonly #capacity: number;
  #waiting: SubscriberReply[] = [];
  #end: ConnectionEnd | null = null;
  #wake: (() => void) | null = null;
  #opened = false;

  constructor(address: ServerAddress, subscribe: Subscribe, capacity: number) {
    this.#capacity = capacity;
    this.#socket = connect(address, 'v1/subscribe', SUBSCRIBE_SUBPROTOCOL, {
      opened: () => {
        this.#opened = true;
        this.#socket.send(JSON.stringify(subscribe));
      },
      message: (data) => this.#receive(data),
      closed: (code) => this.#finish(this.#endOfClose(code)),
    });
  }

  /** The next message, or null when the connection has ended and all of it was read. One call at a time. */
  async next(): Promise<SubscriberReply | null> {
    if (this.#waiting.length === 0 && this.#end === null) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#waiting.shift() ?? null;
  }

  /** How the connection ended; null while it lasts. */
  get end(): ConnectionEnd | null {
    return this.#end;
  }

  /** Hangs up and forgets what was not read. */
  close(): void {
    this.#waiting = [];
    this.#hangUp({ kind: 'completed' });
  }

  #receive(data: unknown): void {
    if (this.#end !== null) return;
    try {
      this.#waiting.push(parseSubscriberReply(parseJson(String(data))));
    } catch (error) {
      this.#hangUp({ kind: 'failed', error: ClientError.protocolViolation(error) });
      return;
    }
    if (this.#waiting.length >= this.#capacity) this.#hangUp({ kind: 'full' });
    else this.#notify();
  }

  #endOfClose(code: number): ConnectionEnd {
    if (code === NORMAL_CLOSURE) return { kind: 'completed' };
    return { kind: 'failed', error: this.#opened ? ClientError.fromClose(code) : ClientError.connectionFailed() };
  }

  #hangUp(end: ConnectionEnd): void {
    this.#finish(end);
    this.#socket.close(NORMAL_CLOSURE);
  }

  #finish(end: ConnectionEnd): void {
    this.#end ??= end;
    this.#notify();
  }

  #notify(): void {
    this.#wake?.();
    this.#wake = null;
  }
}

import { OPEN, type WebSocketLike } from '../connection/web-socket.ts';
import { type OutgoingKind, SendQueue } from './send-queue.ts';

/** Bytes handed to the socket ahead of the network: what lies there can no longer be dropped. */
const SOCKET_BUFFER_BYTES = 128 * 1024;
/** A WebSocket does not tell when its buffer has drained: it is looked at this often while something waits. */
const DRAIN_INTERVAL_MS = 20;

/** Sends at the pace of the connection: what it does not take yet waits in a {@link SendQueue}. */
export class PacedSender {
  readonly #socket: WebSocketLike;
  readonly #queue: SendQueue;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param capacityBytes - bound of what waits. */
  constructor(socket: WebSocketLike, capacityBytes: number) {
    this.#socket = socket;
    this.#queue = new SendQueue(capacityBytes);
  }

  get droppedAudioPackets(): number {
    return this.#queue.droppedAudioPackets;
  }

  get droppedVideoPackets(): number {
    return this.#queue.droppedVideoPackets;
  }

  /** @returns false when control messages alone no longer fit. */
  send(kind: OutgoingKind, data: string | Uint8Array<ArrayBuffer>): boolean {
    const fits = this.#queue.push(kind, data);
    this.#drain();
    return fits;
  }

  /** Forgets what waits. */
  stop(): void {
    this.#queue.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  readonly #drain = () => {
    while (this.#socket.readyState === OPEN && this.#socket.bufferedAmount < SOCKET_BUFFER_BYTES) {
      const data = this.#queue.shift();
      if (data === undefined) return;
      this.#socket.send(data);
    }
    if (this.#queue.isEmpty || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#drain();
    }, DRAIN_INTERVAL_MS);
  };
}

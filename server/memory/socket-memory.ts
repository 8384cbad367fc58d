import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** Memory per connection, without the data that it has sent or not yet taken. */
const CONNECTION_BYTES = 32 * 1024;
/** Size of the head of a client's ping or pong, which is not part of a message. */
const CONTROL_HEAD_BYTES = 6;

interface Watched {
  readonly socket: WebSocket;
  readonly stream: Socket;
  /** Bytes that had been read when the last message was complete. */
  wholeBytes: number;
}

/**
 * Counts the memory of WebSockets: incomplete messages, and data that the other side has not taken. It is computed on
 * demand, so it costs nothing per message.
 */
export class SocketMemory {
  readonly #sockets = new Set<Watched>();

  watch(socket: WebSocket, stream: Socket): void {
    const watched: Watched = { socket, stream, wholeBytes: stream.bytesRead };
    this.#sockets.add(watched);
    socket.on('message', () => {
      watched.wholeBytes = stream.bytesRead;
    });
    for (const event of ['ping', 'pong'] as const) {
      socket.on(event, (data: Buffer) => {
        watched.wholeBytes += data.byteLength + CONTROL_HEAD_BYTES;
      });
    }
    socket.once('close', () => this.#sockets.delete(watched));
  }

  /** Bytes that all sockets hold. */
  bytes(): number {
    let sum = 0;
    for (const watched of this.#sockets) sum += CONNECTION_BYTES + pendingBytes(watched);
    return sum;
  }

  /**
   * Closes the sockets that hold most, until all together hold at most `maxBytes` of incomplete messages and data that
   * was not taken.
   *
   * @returns how many were closed.
   */
  shrinkTo(maxBytes: number): number {
    const pending = [...this.#sockets].map((watched) => ({ socket: watched.socket, bytes: pendingBytes(watched) }));
    let sum = pending.reduce((total, { bytes }) => total + bytes, 0);
    if (sum <= maxBytes) return 0;
    let count = 0;
    for (const { socket, bytes } of pending.sort((a, b) => b.bytes - a.bytes)) {
      if (sum <= maxBytes) break;
      socket.terminate();
      sum -= bytes;
      count += 1;
    }
    return count;
  }
}

function pendingBytes({ socket, stream, wholeBytes }: Watched): number {
  return Math.max(0, stream.bytesRead - wholeBytes) + socket.bufferedAmount;
}

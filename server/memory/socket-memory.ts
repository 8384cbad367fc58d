import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';

/** What a connection costs beside what it has sent or has yet to take. */
const CONNECTION_BYTES = 32 * 1024;
/** The head of a ping or pong from a client: it is no part of a message. */
const CONTROL_HEAD_BYTES = 6;

interface Watched {
  readonly socket: WebSocket;
  readonly stream: Socket;
  /** Bytes that had been read when the last message was whole. */
  wholeBytes: number;
}

/**
 * Counts what WebSockets hold: parts of messages that are not whole yet, and what the other side has not taken. It is
 * counted when asked for, and costs nothing per message.
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

  /** Bytes that all hold. */
  bytes(): number {
    let sum = 0;
    for (const watched of this.#sockets) sum += CONNECTION_BYTES + pendingBytes(watched);
    return sum;
  }

  /**
   * Cuts the sockets that hold most, until all together hold at most `maxBytes` of parts and of what was not taken.
   *
   * @returns how many were cut.
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

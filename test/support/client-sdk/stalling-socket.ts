import type { WebSocketLike } from '../../../client-sdk/connection/web-socket.ts';

/** An open WebSocket whose network sends nothing until {@link StallingSocket.flush}. */
export class StallingSocket implements WebSocketLike {
  binaryType = 'arraybuffer';
  readonly readyState = 1;
  bufferedAmount = 0;
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;
  /** Everything that was passed to `send`, in order. */
  readonly sent: (string | Uint8Array)[] = [];

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.sent.push(data);
    this.bufferedAmount += data.length;
  }

  close(): void {}

  flush(): void {
    this.bufferedAmount = 0;
  }
}

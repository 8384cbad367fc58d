import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawConnectionsOptions {
  readonly count: number;
  /** Local address that they come from. Default: the system's choice. */
  readonly localAddress?: string;
  /** Written once, when a connection is open. Default: nothing. */
  readonly hello?: string | Uint8Array;
  /** Written again and again after it, each `everyMs`. Default: nothing. */
  readonly drip?: string;
  readonly everyMs?: number;
  /** Whether what the server sends is read. Default: yes. */
  readonly reads?: boolean;
}

const BATCH = 200;

/** Many TCP connections to a server, none of which closes by itself: the server's own handles tell what it holds. */
export class RawConnections implements Disposable {
  readonly #sockets: Socket[] = [];
  readonly #timer: NodeJS.Timeout | null;
  #received = '';
  #ended = 0;

  private constructor(drip: string | undefined, everyMs: number) {
    this.#timer =
      drip === undefined
        ? null
        : setInterval(() => {
            for (const socket of this.#sockets) if (socket.writable) socket.write(drip);
          }, everyMs);
  }

  /** Opens them, some at a time. Each keeps its own side open when the server ends its side. */
  static async open(url: string, options: RawConnectionsOptions): Promise<RawConnections> {
    const { count, localAddress, hello, drip, everyMs = 500, reads = true } = options;
    const { hostname, port } = new URL(url);
    const all = new RawConnections(drip, everyMs);
    for (let opened = 0; opened < count; opened += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, count - opened) }, async () => {
        const to = { host: hostname, port: Number(port), allowHalfOpen: true, ...(localAddress && { localAddress }) };
        const socket = connect(to);
        socket.on('error', () => {});
        let isEnded = false;
        const onEnd = () => {
          if (!isEnded) all.#ended += 1;
          isEnded = true;
        };
        socket.once('end', onEnd).once('close', onEnd);
        all.#sockets.push(socket);
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
        if (hello !== undefined && socket.writable) socket.write(hello);
        if (!reads) return;
        socket.on('data', (data) => {
          if (all.#received.length < 1e6) all.#received += data.toString('latin1');
        });
      });
      await Promise.all(batch);
    }
    return all;
  }

  /** What the server sent, on all of them. */
  get received(): string {
    return this.#received;
  }

  /** Those that the server ended. Needs `reads`. */
  get ended(): number {
    return this.#ended;
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
  }
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SwitchingProxy extends AsyncDisposable {
  /** URL of the proxy. It stays the same for every server behind the proxy. */
  readonly url: string;
  /** Sends new connections to this port. Null: nobody answers. */
  target(port: number | null): void;
}

/** A TCP proxy whose server can be exchanged, like a host name of a server that restarts. */
export async function startSwitchingProxy(firstPort: number): Promise<SwitchingProxy> {
  const open = new Set<Socket>();
  let target: number | null = firstPort;
  const proxy = createServer((down) => {
    if (target === null) {
      down.destroy();
      return;
    }
    const up = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [up, down],
      [down, up],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    target(next) {
      target = next;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  readonly url: string;
  /** Number of connections that were cut. */
  cutCount(): number;
}

/**
 * A TCP proxy that cuts its n-th connection after `cutAfterBytes[n]` bytes from the server, even in the middle of a
 * message. Later connections are not cut.
 */
export async function startCuttingProxy(serverPort: number, cutAfterBytes: readonly number[]): Promise<CuttingProxy> {
  const open = new Set<Socket>();
  let connections = 0;
  let cuts = 0;
  const proxy = createServer((down) => {
    let leftBytes = cutAfterBytes[connections] ?? Number.POSITIVE_INFINITY;
    connections += 1;
    const up = connect(serverPort, '127.0.0.1');
    const destroy = () => {
      up.destroy();
      down.destroy();
    };
    for (const socket of [up, down]) {
      open.add(socket);
      socket.on('error', destroy);
      socket.on('close', () => {
        open.delete(socket);
        destroy();
      });
    }
    down.on('data', (bytes) => up.write(bytes));
    up.on('data', (bytes) => {
      if (bytes.length < leftBytes) {
        leftBytes -= bytes.length;
        down.write(bytes);
      } else if (leftBytes > 0) {
        down.write(bytes.subarray(0, leftBytes), destroy);
        leftBytes = 0;
        cuts += 1;
      }
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    cutCount: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

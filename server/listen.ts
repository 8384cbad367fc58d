import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { DEFAULT_PORT } from './config/config-schema.ts';
import { ServiceError } from './service-error.ts';

/** Number of ports that are tried when none is configured. */
const PORT_TRIES = 100;

/**
 * Listens on a TCP port.
 *
 * @param tcpPort - 0 lets the system choose. Undefined: the default port, or the next free one.
 * @throws ServiceError `port-taken`, `listen-failed`.
 */
export async function listen(app: FastifyInstance, host: string, tcpPort: number | undefined): Promise<AddressInfo> {
  if (tcpPort !== undefined) await listenOn(app, host, tcpPort);
  else await listenOnFreePort(app, host);
  return app.server.address() as AddressInfo;
}

/** The address as a URL, such as `http://127.0.0.1:7700`. */
export function urlOf({ family, address, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function listenOnFreePort(app: FastifyInstance, host: string): Promise<void> {
  for (let tcpPort = DEFAULT_PORT; ; tcpPort += 1) {
    try {
      return await listenOn(app, host, tcpPort);
    } catch (error) {
      const isTaken = error instanceof ServiceError && error.code === 'port-taken';
      if (!isTaken || tcpPort >= DEFAULT_PORT + PORT_TRIES) throw error;
    }
  }
}

async function listenOn(app: FastifyInstance, host: string, tcpPort: number): Promise<void> {
  try {
    await app.listen({ host, port: tcpPort });
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw isTaken ? ServiceError.portTaken(host, tcpPort, error) : ServiceError.listenFailed(host, tcpPort, error);
  }
}

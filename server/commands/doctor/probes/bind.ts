import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import { codeOf } from '../finding.ts';

/**
 * Tries to use a port. Resolves to the system's error code, such as `EADDRINUSE`, or to null when the port can be used.
 */
export type BindProbe = (host: string, port: number) => Promise<string | null>;

/** Listens for a moment. */
export const bindTcp: BindProbe = (host, port) =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(codeOf(error) ?? 'EUNKNOWN'));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });

/** Binds for a moment. */
export const bindUdp: BindProbe = (host, port) =>
  new Promise((resolve) => {
    const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4' });
    socket.once('error', (error) => {
      socket.close();
      resolve(codeOf(error) ?? 'EUNKNOWN');
    });
    socket.bind({ address: host, port, exclusive: true }, () => socket.close(() => resolve(null)));
  });

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, isIP, isIPv6, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { IceServerAddress } from './ice-server-address.ts';
import { parseTurnResponse, type TurnRequest, type TurnResponse } from './turn-message.ts';

/** A connection to one server. */
export interface IceExchange {
  /** Resolves to null when no answer arrives in time. Rejects when the connection breaks. */
  ask(request: TurnRequest): Promise<TurnResponse | null>;
  close(): void;
}

/** Longest wait for an answer, in ms. */
const ANSWER_MS = 2000;
const CONNECT_MS = 2000;
/** Time without an answer after which a datagram is sent again, in ms. */
const RESEND_MS = 400;
const MAX_BUFFER_BYTES = 65_536;

/**
 * Connects to the server in the way that its address names: by UDP, TCP or TLS.
 *
 * @param ip - the resolved address of the server's name
 * @param ca - certificates to trust in addition to the system's
 * @throws the system's error when the connection is refused, takes too long, or its certificate is not valid
 */
export async function openIceExchange(server: IceServerAddress, ip: string, ca?: string): Promise<IceExchange> {
  if (server.transport === 'udp') return openDatagrams(ip, server.port);
  const socket = server.transport === 'tls' ? openTls(server, ip, ca) : connect({ host: ip, port: server.port });
  socket.setTimeout(CONNECT_MS, () => socket.destroy(Object.assign(new Error('no connection'), { code: 'ETIMEDOUT' })));
  await once(socket, server.transport === 'tls' ? 'secureConnect' : 'connect');
  socket.setTimeout(0);
  return overStream(socket);
}

function openTls({ host, port }: IceServerAddress, ip: string, ca: string | undefined): Socket {
  // TLS server names cannot be IP addresses.
  const names = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host: ip, port, ...names, ...(ca !== undefined && { ca }) });
}

function openDatagrams(ip: string, port: number): IceExchange {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  const failed = new Promise<never>((_, reject) => socket.once('error', reject));
  failed.catch(() => {});
  return {
    ask(request) {
      const send = () => socket.send(request.bytes, port, ip, () => {});
      const answer = new Promise<TurnResponse | null>((resolve) => {
        const resend = setInterval(send, RESEND_MS);
        const finish = (response: TurnResponse | null): void => {
          clearInterval(resend);
          clearTimeout(limit);
          socket.off('message', receive);
          resolve(response);
        };
        const limit = setTimeout(() => finish(null), ANSWER_MS);
        const receive = (bytes: Buffer): void => {
          const response = parseTurnResponse(bytes, request);
          if (response !== null) finish(response);
        };
        socket.on('message', receive);
        send();
      });
      return Promise.race([answer, failed]);
    },
    close: () => socket.close(),
  };
}

function overStream(socket: Socket): IceExchange {
  const broken = new Promise<never>((_, reject) => {
    socket.once('error', reject);
    socket.once('close', () => reject(Object.assign(new Error('the connection was closed'), { code: 'ECONNRESET' })));
  });
  broken.catch(() => {});
  return {
    ask(request) {
      const answer = new Promise<TurnResponse | null>((resolve) => {
        let received: Buffer = Buffer.alloc(0);
        const finish = (response: TurnResponse | null): void => {
          clearTimeout(limit);
          socket.off('data', receive);
          resolve(response);
        };
        const limit = setTimeout(() => finish(null), ANSWER_MS);
        const receive = (bytes: Buffer): void => {
          received = Buffer.concat([received, bytes]);
          const response = parseTurnResponse(received, request);
          if (response !== null || received.length > MAX_BUFFER_BYTES) finish(response);
        };
        socket.on('data', receive);
        socket.write(request.bytes);
      });
      return Promise.race([answer, broken]);
    },
    close: () => socket.destroy(),
  };
}

import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES, type CloseReason } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AccessPolicy } from '../policy/access-policy.ts';

/** A WebSocket endpoint. */
export interface SocketRoute {
  readonly path: string;
  /** The one subprotocol it speaks. */
  readonly subprotocol: string;
  /** Largest message that is read at all, in bytes; a larger one closes the socket with 1009. */
  readonly maxPayload: number;
  /** Takes over an admitted socket. */
  readonly accept: (socket: WebSocket) => void;
}

export interface UpgradeOptions {
  readonly routes: readonly SocketRoute[];
  readonly policy: AccessPolicy;
  readonly clock: Clock;
  /** Interval of pings, in ms. A socket that answers none within an interval is cut. */
  readonly heartbeatMs: number;
  /** Why a further socket cannot be taken now, null when it can. */
  readonly refuse: () => CloseReason | null;
}

/** The sockets of all routes. */
export interface SocketGate {
  readonly openCount: number;
  /** Closes every socket, after the messages already sent; cuts those that do not answer within `graceMs`. */
  close(reason: CloseReason, graceMs: number): Promise<void>;
}

/**
 * Admits WebSockets: path, subprotocol, origin and token are checked before anything is kept for the socket.
 * A refusal is a close code, because a browser shows its page no HTTP status.
 */
export function admitSockets(server: Server, options: UpgradeOptions): SocketGate {
  const { policy, clock, heartbeatMs } = options;
  const servers = new Map(options.routes.map((route) => [route.path, { route, wss: createSocketServer(route) }]));
  const open = new Set<WebSocket>();
  const answered = new WeakSet<WebSocket>();

  const refusal = (request: IncomingMessage, subprotocol: string): CloseReason | null => {
    const decision = policy.check(request.headers);
    if (decision !== 'allowed') return decision;
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    return offered.includes(subprotocol) ? options.refuse() : 'unsupported-version';
  };

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const target = servers.get(path);
    if (target === undefined) {
      stream.on('error', () => {});
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const { route, wss } = target;
    const reason = refusal(request, route.subprotocol);
    wss.handleUpgrade(request, stream, head, (socket) => {
      if (reason !== null) {
        turnAway(socket, reason, clock);
        return;
      }
      open.add(socket);
      answered.add(socket);
      socket.on('pong', () => answered.add(socket));
      socket.on('ping', (data) => {
        if (socket.bufferedAmount < MAX_UNREAD_BYTES) socket.pong(data);
      });
      socket.on('close', () => open.delete(socket));
      route.accept(socket);
    });
  });

  const heartbeat = clock.scheduler.schedule(function beat() {
    for (const socket of open) {
      if (answered.delete(socket)) socket.ping();
      else socket.terminate();
    }
    this.schedule(undefined, heartbeatMs);
  }, heartbeatMs);

  return {
    get openCount() {
      return open.size;
    },
    async close(reason, graceMs) {
      heartbeat.unsubscribe();
      const sockets = [...open];
      const closed = sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())));
      for (const socket of sockets) socket.close(CLOSE_CODES[reason].code, reason);
      const timer = clock.scheduler.schedule(() => {
        for (const socket of sockets) socket.terminate();
      }, graceMs);
      await Promise.all(closed);
      timer.unsubscribe();
    },
  };
}

/** A peer that has not read so much gets no answer to its pings: it may send them without end. */
const MAX_UNREAD_BYTES = 64 * 1024;

/** Time a refused socket has to read why, in ms. */
const REFUSED_MS = 2000;

function turnAway(socket: WebSocket, reason: CloseReason, clock: Clock): void {
  const { code, meaning } = CLOSE_CODES[reason];
  socket.on('error', () => {});
  socket.send(JSON.stringify({ type: 'error', code: reason, message: meaning, fatal: true }));
  socket.close(code, reason);
  const timer = clock.scheduler.schedule(() => socket.terminate(), REFUSED_MS);
  socket.once('close', () => timer.unsubscribe());
}

function createSocketServer({ subprotocol, maxPayload }: SocketRoute): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    autoPong: false,
    maxPayload,
    // A subprotocol that the client did not offer must not be chosen; the token's is never echoed.
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
}

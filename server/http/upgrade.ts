import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES, type CloseReason } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AccessPolicy } from '../policy/access-policy.ts';

/** A WebSocket endpoint. */
export interface SocketRoute {
  readonly path: string;
  /** The one subprotocol it speaks; null where machines connect that offer none, and read an HTTP status. */
  readonly subprotocol: string | null;
  /** Largest message that is read at all, in bytes; a larger one closes the socket with 1009. */
  readonly maxPayload: number;
  /**
   * Why the request may not connect, null when it may. Default: the policy's token must be presented. Where it is given,
   * the policy still checks the origin.
   */
  readonly refuse?: (request: IncomingMessage) => CloseReason | null;
  /** Takes over an admitted socket. */
  readonly accept: (socket: WebSocket, request: IncomingMessage) => void;
}

export interface UpgradeOptions {
  readonly routes: readonly SocketRoute[];
  readonly policy: AccessPolicy;
  readonly clock: Clock;
  /** Interval of pings, in ms. A socket that answers none within an interval is cut. */
  readonly heartbeatMs: number;
  /** Why a further socket cannot be taken now, null when it can. */
  readonly refuse: (request: IncomingMessage) => CloseReason | null;
}

/** The sockets of all routes. */
export interface SocketGate {
  readonly openCount: number;
  /** Closes every socket, after the messages already sent; cuts those that do not answer within `graceMs`. */
  close(reason: CloseReason, graceMs: number): Promise<void>;
}

/**
 * Admits WebSockets: path, subprotocol, origin and token are checked before anything is kept for the socket.
 * A refusal is a close code, because a browser shows its page no HTTP status; machines are told by a status.
 */
export function admitSockets(server: Server, options: UpgradeOptions): SocketGate {
  const { policy, clock, heartbeatMs } = options;
  const servers = new Map(options.routes.map((route) => [route.path, { route, wss: createSocketServer(route) }]));
  const open = new Set<WebSocket>();
  const answered = new WeakSet<WebSocket>();

  const refusal = (request: IncomingMessage, { subprotocol, refuse }: SocketRoute): CloseReason | null => {
    const decision = refuse === undefined ? policy.check(request.headers) : policy.checkOrigin(request.headers);
    if (decision !== 'allowed') return decision;
    if (subprotocol === null) return refuse?.(request) ?? options.refuse(request);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    if (!offered.includes(subprotocol)) return 'unsupported-version';
    return refuse?.(request) ?? options.refuse(request);
  };

  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const target = servers.get(path);
    if (target === undefined) {
      answer(stream, '404 Not Found');
      return;
    }
    const { route, wss } = target;
    const reason = refusal(request, route);
    if (reason !== null && route.subprotocol === null) {
      answer(stream, STATUS_OF_REFUSAL[reason] ?? '503 Service Unavailable');
      return;
    }
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
      route.accept(socket, request);
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

/** How a machine without subprotocol is told why it may not connect. */
const STATUS_OF_REFUSAL: Readonly<Partial<Record<CloseReason, string>>> = {
  unauthorized: '401 Unauthorized',
  'forbidden-origin': '403 Forbidden',
};

function answer(stream: Duplex, status: string): void {
  stream.on('error', () => {});
  // A peer that keeps its side open would keep the socket: it is destroyed once the answer is with the system.
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => stream.destroy());
}

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
    handleProtocols: (offered) => (subprotocol !== null && offered.has(subprotocol) ? subprotocol : false),
  });
}

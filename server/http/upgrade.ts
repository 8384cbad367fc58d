import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { CLOSE_CODES, type CloseReason, TOKEN_SUBPROTOCOL_PREFIX } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AccessControl, AccessRefusal } from '../access/access-control.ts';
import type { Grant } from '../access/grant.ts';
import type { OriginPolicy } from '../access/origin-policy.ts';
import { pathOf } from '../access/request-target.ts';
import type { StatedRoute } from '../access/route-access.ts';
import { HELD_BACK_S } from '../access/wrong-credentials.ts';
import type { AskAdmission } from '../admission.ts';
import type { SocketRoute } from '../ports/socket-route.ts';
import { UpgradeTurns } from './upgrade-turns.ts';

export interface UpgradeOptions {
  readonly routes: readonly SocketRoute[];
  readonly origins: OriginPolicy;
  readonly access: AccessControl;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with each admitted socket before its first message. */
  readonly onOpened?: (socket: WebSocket, stream: Socket) => void;
  /** Interval of pings, in ms. A socket that answers none within an interval is closed. */
  readonly heartbeatMs: number;
  /** Called before another socket is accepted, and before its credential is read. */
  readonly refuse: AskAdmission;
  /** Counts an admitted request's connection as long-lived. Returns false when the limit is reached. */
  readonly claim: (request: IncomingMessage) => boolean;
}

/** The sockets of all routes. */
export interface SocketGate {
  readonly routes: readonly StatedRoute[];
  readonly openCount: number;
  /**
   * Closes every socket after the messages that were already sent. Terminates sockets that do not answer within
   * `graceMs`.
   */
  close(reason: CloseReason, graceMs: number): Promise<void>;
}

/**
 * Admits WebSockets. Path, subprotocol, origin and token are checked before anything is stored for the socket. A
 * refused client gets a close code, because browsers hide the HTTP status from a page. Platforms get an HTTP status.
 */
export function admitSockets(server: Server, options: UpgradeOptions): SocketGate {
  const { origins, access, clock, heartbeatMs, log } = options;
  const servers = new Map(options.routes.map((route) => [route.path, { route, wss: createSocketServer(route) }]));
  const open = new Set<WebSocket>();
  const answered = new WeakSet<WebSocket>();
  const turns = new UpgradeTurns(clock);

  /** The checks that need no credential. */
  const refusal = ({ headers }: IncomingMessage, { subprotocol }: SocketRoute): CloseReason | null => {
    if (!origins.allows(headers)) return 'forbidden-origin';
    const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    return subprotocol === null || offered.includes(subprotocol) ? null : 'unsupported-version';
  };

  const admit = async (request: IncomingMessage, { access: asked }: SocketRoute): Promise<Grant | AccessRefusal> => {
    return 'platform' in asked ? asked.admit(request) : access.admit(request, asked, 'websocket');
  };

  const take = (socket: WebSocket, request: IncomingMessage, route: SocketRoute, grant: Grant): void => {
    open.add(socket);
    options.onOpened?.(socket, request.socket);
    answered.add(socket);
    socket.on('pong', () => answered.add(socket));
    socket.on('ping', (data) => {
      if (socket.bufferedAmount < MAX_UNREAD_BYTES) socket.pong(data);
    });
    socket.on('close', () => open.delete(socket));
    route.accept(socket, request, grant);
  };

  const onUpgrade = async (request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> => {
    const path = pathOf(request.url);
    const target = path === null ? undefined : servers.get(path);
    if (target === undefined) {
      answer(stream, '404 Not Found');
      return;
    }
    const { route, wss } = target;
    const admitted = refusal(request, route) ?? options.refuse() ?? (await admit(request, route));
    // Check again: other sockets may have been admitted while the credential was read.
    const late = () => options.refuse() ?? (options.claim(request) ? null : 'overloaded');
    const outcome = typeof admitted === 'string' ? admitted : (late() ?? admitted);
    if (typeof outcome === 'string' && route.subprotocol === null) {
      answer(stream, STATUS_OF_REFUSAL[outcome] ?? '503 Service Unavailable');
      return;
    }
    wss.handleUpgrade(request, stream, head, (socket) => {
      if (typeof outcome === 'string') turnAway(socket, outcome, clock);
      else take(socket, request, route, outcome);
    });
  };

  server.on('connection', () => turns.connected());
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    // Without a listener, a connection reset while the credential is read would end the process.
    stream.on('error', () => {});
    turns.push(() => {
      if (stream.destroyed) return;
      onUpgrade(request, stream, head).catch((error: unknown) => {
        log.error({ err: error }, 'an upgrade failed');
        stream.destroy();
      });
    });
  });

  let toPing: WebSocket[] = [];
  const heartbeat = clock.scheduler.schedule(function beat() {
    if (toPing.length === 0) toPing = [...open];
    for (const socket of toPing.splice(-PINGS_AT_ONCE)) {
      if (answered.delete(socket)) socket.ping();
      else socket.terminate();
    }
    this.schedule(undefined, toPing.length > 0 ? PING_PAUSE_MS : heartbeatMs);
  }, heartbeatMs);

  return {
    routes: options.routes.map(({ path, access }) => ({ method: 'UPGRADE', path, access })),
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

/** Sockets that are pinged together, and the pause after them, in ms. */
const PINGS_AT_ONCE = 200;
const PING_PAUSE_MS = 5;

/** Pings are not answered while more than this is unsent, in bytes. Otherwise a peer could send pings without end. */
const MAX_UNREAD_BYTES = 64 * 1024;

/** Time for a refused socket to read the reason, in ms. */
const REFUSED_MS = 2000;

/** HTTP status that tells a platform why it may not connect. */
const STATUS_OF_REFUSAL: Readonly<Partial<Record<CloseReason, string>>> = {
  unauthorized: '401 Unauthorized',
  'forbidden-origin': '403 Forbidden',
  overloaded: '503 Service Unavailable\r\nRetry-After: 5',
  'too-fast': `429 Too Many Requests\r\nRetry-After: ${HELD_BACK_S}`,
};

function answer(stream: Duplex, status: string): void {
  const head = `HTTP/1.1 ${status}\r\nConnection: close\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n`;
  // A peer may keep its side open, so the socket is destroyed once the system has taken the response.
  stream.end(head, () => stream.destroy());
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
    // Only a subprotocol that the client offered may be chosen. The subprotocol that holds the token is never returned.
    // Platforms that offer one of their own may hang up if none is chosen.
    handleProtocols(offered) {
      if (subprotocol !== null) return offered.has(subprotocol) ? subprotocol : false;
      return [...offered].find((name) => !name.startsWith(TOKEN_SUBPROTOCOL_PREFIX)) ?? false;
    },
  });
}

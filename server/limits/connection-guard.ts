import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { addressKey, type ClientAddresses } from './client-address.ts';

/** Why the server closed a connection, or did not take one. */
export type ConnectionLimit =
  /** The address has as many connections as it may, and none of them waits. */
  | 'address-limit'
  /** The server has as many connections as it may, and none of them waits. */
  | 'server-limit'
  /** It waited without a request, and its place was needed for a newer one. */
  | 'evicted'
  /** Head or body of a request did not come in time. */
  | 'slow-request'
  /** It was answered before its body had come, and the body did not end. */
  | 'answered-early'
  /** The answer was not read in time. */
  | 'unread-answer'
  /** More requests at once than a client needs. */
  | 'pipelined';

export interface ConnectionGuardOptions {
  readonly clock: Clock;
  readonly addresses: ClientAddresses;
  /** Connections in all. */
  readonly maxConnections: number;
  /** Connections of one address. Behind a trusted proxy: requests, streams and sockets of one client at once. */
  readonly maxPerAddress: number;
  /** Time a client has to send a request, head and body, in ms. */
  readonly requestTimeoutMs: number;
  readonly onLimit: (limit: ConnectionLimit) => void;
}

/** Longest time for the head of a request, in ms. A connection without a request counts too. */
const MAX_HEAD_MS = 10_000;
/** Time between two requests of a connection, in ms. */
const KEEP_ALIVE_MS = 10_000;
/** Time to answer a request and to have the answer read, in ms; streams and sockets have no such limit. */
const ANSWER_MS = 60_000;
/** Time in which a body may end that is no longer needed, in ms. */
const LINGER_MS = 1000;
/** How old an unfinished request is before its connection may be closed for a newer one, in ms. */
const SLOW_MS = 2000;
/** Requests of one connection that are answered at once. Browsers send one after the other. */
const MAX_REQUESTS_AT_ONCE = 16;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const TICK_MS = 1000;
const RETRY_AFTER_SECONDS = 5;

const REFUSAL = [
  'HTTP/1.1 503 Service Unavailable',
  'Connection: close',
  'Content-Length: 0',
  `Retry-After: ${RETRY_AFTER_SECONDS}`,
  '\r\n',
].join('\r\n');

interface Connection {
  readonly socket: Socket;
  /** Null where it comes from a trusted proxy: its clients are counted instead. */
  readonly address: string | null;
  /** Requests that are being answered. */
  requests: number;
  /** The newest of them, and when it came. */
  request: IncomingMessage | null;
  requestMs: number;
  /** When it is closed unless something changes, and why. */
  dueMs: number;
  dueTo: ConnectionLimit;
  /** Gives back what its clients behind a proxy are counted for. */
  readonly releases: Set<() => void>;
}

/**
 * Holds connections to their limits: how many there are in all and per address, and how long each may take over a request.
 * A connection that only waits gives way to a newer one, so that silent ones keep nobody out.
 */
export class ConnectionGuard {
  readonly #options: ConnectionGuardOptions;
  readonly #connections = new Map<Socket, Connection>();
  /** Connections without a request, the oldest first. */
  readonly #waiting = new Set<Connection>();
  readonly #waitingOf = new Map<string, Set<Connection>>();
  /** Connections with a request, the oldest first. */
  readonly #busy = new Set<Connection>();
  /** Connections of an address, or requests of a client behind a proxy. */
  readonly #counts = new Map<string, number>();
  readonly #timer: Subscription;

  constructor(options: ConnectionGuardOptions) {
    this.#options = options;
    const closeOverdue = () => this.#closeOverdue();
    this.#timer = options.clock.scheduler.schedule(function tick() {
      closeOverdue();
      this.schedule(undefined, TICK_MS);
    }, TICK_MS);
  }

  /** Connections now. */
  get openCount(): number {
    return this.#connections.size;
  }

  /** An HTTP server whose connections are held to the limits. `handler` gets the requests that may be answered. */
  createServer(handler: RequestListener): Server {
    const { requestTimeoutMs } = this.#options;
    const server = createServer(
      {
        headersTimeout: Math.min(MAX_HEAD_MS, requestTimeoutMs),
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: TICK_MS,
        maxHeaderSize: MAX_HEAD_BYTES,
      },
      (request, response) => {
        if (this.#admit(request, response)) handler(request, response);
      },
    );
    server.maxHeadersCount = MAX_HEADERS;
    server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
    server.on('connection', (socket: Socket) => this.#connected(socket));
    server.on('clientError', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') this.#options.onLimit('slow-request');
    });
    return server;
  }

  /** The connection becomes a stream that stays open: it is never closed for taking long. */
  keepOpen(socket: Socket | null): void {
    const connection = socket === null ? undefined : this.#connections.get(socket);
    if (connection === undefined) return;
    this.#busy.delete(connection);
    this.#stopWaiting(connection);
  }

  /** Takes a request to become a WebSocket; false when its client, behind a proxy, has as many as it may. */
  admitUpgrade({ socket, headers }: IncomingMessage): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !this.#claim(connection, { socket, headers })) return false;
    this.keepOpen(socket);
    return true;
  }

  /** Stops the timer. Open connections are left to the server. */
  close(): void {
    this.#timer.unsubscribe();
  }

  #connected(socket: Socket): void {
    const { addresses, maxConnections, maxPerAddress } = this.#options;
    const address = addresses.isProxy(socket.remoteAddress) ? null : addressKey(socket.remoteAddress);
    if (address !== null && this.#countOf(address) >= maxPerAddress && !this.#makeRoom(address)) {
      this.#refuse(socket, 'address-limit');
      return;
    }
    if (this.#connections.size >= maxConnections && !this.#makeRoom(null)) {
      this.#refuse(socket, 'server-limit');
      return;
    }
    const connection: Connection = {
      socket,
      address,
      requests: 0,
      request: null,
      requestMs: 0,
      dueMs: Number.POSITIVE_INFINITY,
      dueTo: 'unread-answer',
      releases: new Set(),
    };
    this.#connections.set(socket, connection);
    if (address !== null) this.#count(address, 1);
    this.#wait(connection);
    socket.once('close', () => this.#forget(connection));
  }

  /** Closes the oldest connection that waits or sends its request slowly, of an address or of all. */
  #makeRoom(address: string | null): boolean {
    const [waiting] = address === null ? this.#waiting : (this.#waitingOf.get(address) ?? []);
    if (waiting !== undefined) {
      this.#cut(waiting, 'evicted');
      return true;
    }
    const slowBeforeMs = this.#options.clock.now() - SLOW_MS;
    for (const connection of this.#busy) {
      if (connection.requestMs > slowBeforeMs) break;
      if (connection.request?.complete !== false || (address !== null && connection.address !== address)) continue;
      this.#cut(connection, 'evicted');
      return true;
    }
    return false;
  }

  #admit(request: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.#connections.get(request.socket);
    if (connection === undefined) return false;
    if (connection.requests >= MAX_REQUESTS_AT_ONCE) {
      this.#cut(connection, 'pipelined');
      return false;
    }
    this.#stopWaiting(connection);
    const now = this.#options.clock.now();
    connection.requests += 1;
    connection.request = request;
    connection.requestMs = now;
    connection.dueMs = now + ANSWER_MS;
    connection.dueTo = 'unread-answer';
    // Put at the end: the set is in the order of the newest request.
    this.#busy.delete(connection);
    this.#busy.add(connection);
    const release = this.#claim(connection, request);
    response.once('close', () => {
      connection.requests -= 1;
      if (typeof release === 'function') release();
      this.#answered(connection, request);
    });
    if (release !== false) return true;
    this.#options.onLimit('address-limit');
    response.writeHead(503, { 'Retry-After': RETRY_AFTER_SECONDS, 'Content-Length': 0, Connection: 'close' });
    response.end();
    return false;
  }

  #answered(connection: Connection, request: IncomingMessage): void {
    if (connection.requests > 0 || !this.#connections.has(connection.socket)) return;
    if (!request.complete) {
      connection.dueMs = this.#options.clock.now() + LINGER_MS;
      connection.dueTo = 'answered-early';
    } else {
      this.#busy.delete(connection);
      connection.request = null;
      this.#wait(connection);
    }
  }

  #closeOverdue(): void {
    const now = this.#options.clock.now();
    for (const connection of this.#busy) {
      if (connection.requests === 0 && connection.request?.complete === true) {
        this.#busy.delete(connection);
        this.#wait(connection);
      } else if (connection.dueMs <= now) {
        this.#cut(connection, connection.dueTo);
      }
    }
  }

  /** Counts a request for its client behind a proxy: what gives the place back, false when there is none. */
  #claim(connection: Connection, request: Pick<IncomingMessage, 'socket' | 'headers'>): (() => void) | true | false {
    if (connection.address !== null) return true;
    const { addresses, maxPerAddress } = this.#options;
    const client = addresses.of(request);
    // A proxy that names no client cannot be told apart from its clients.
    if (client === addressKey(request.socket.remoteAddress)) return true;
    if (this.#countOf(client) >= maxPerAddress) return false;
    this.#count(client, 1);
    const release = () => {
      if (connection.releases.delete(release)) this.#count(client, -1);
    };
    connection.releases.add(release);
    return release;
  }

  #wait(connection: Connection): void {
    this.#waiting.add(connection);
    const { address } = connection;
    if (address === null) return;
    const own = this.#waitingOf.get(address);
    if (own === undefined) this.#waitingOf.set(address, new Set([connection]));
    else own.add(connection);
  }

  #stopWaiting(connection: Connection): void {
    if (!this.#waiting.delete(connection) || connection.address === null) return;
    const own = this.#waitingOf.get(connection.address);
    own?.delete(connection);
    if (own?.size === 0) this.#waitingOf.delete(connection.address);
  }

  #forget(connection: Connection): void {
    if (!this.#connections.delete(connection.socket)) return;
    this.#stopWaiting(connection);
    this.#busy.delete(connection);
    for (const release of connection.releases) release();
    if (connection.address !== null) this.#count(connection.address, -1);
  }

  #cut(connection: Connection, limit: ConnectionLimit): void {
    this.#forget(connection);
    this.#options.onLimit(limit);
    connection.socket.destroy();
  }

  #refuse(socket: Socket, limit: ConnectionLimit): void {
    this.#options.onLimit(limit);
    socket.on('error', () => {});
    socket.write(REFUSAL);
    socket.destroySoon();
  }

  #countOf(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #count(key: string, change: 1 | -1): void {
    const count = this.#countOf(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Subscription } from 'rxjs';
import type { Clock } from '../../pipeline/index.ts';
import { addressKey, type ClientAddresses } from './client-address.ts';

/** Why the server closed or refused a connection. */
export type ConnectionLimit =
  /** The address has the maximum number of connections, and none of them is idle. */
  | 'address-limit'
  /** The server has the maximum number of connections, and none of them is idle. */
  | 'server-limit'
  /** It waited without a request, or sent one slowly, and a newer connection needed its place. */
  | 'evicted'
  /** The head or body of a request did not arrive in time. */
  | 'slow-request'
  /** It was answered before its body had arrived, and the body did not end in time. */
  | 'answered-early'
  /** The client did not read the response in time. */
  | 'unread-answer'
  /** It sent more requests at once than a client needs. */
  | 'pipelined';

export interface ConnectionGuardOptions {
  readonly clock: Clock;
  readonly addresses: ClientAddresses;
  /** Connections in total. */
  readonly maxConnections: number;
  /** Connections per address. Behind a trusted proxy: requests, streams and sockets per client at the same time. */
  readonly maxPerAddress: number;
  /** Time for a client to send a request, head and body, in ms. */
  readonly requestTimeoutMs: number;
  readonly onLimit: (limit: ConnectionLimit) => void;
}

/** Time limit for the head of a request, in ms. It also applies to a new connection without a request. */
const MAX_HEAD_MS = 10_000;
/** Longest time between two requests of a connection, in ms. */
const KEEP_ALIVE_MS = 10_000;
/** Time to answer a request and to have the response read, in ms. Streams and sockets have no such limit. */
const ANSWER_MS = 60_000;
/** Time for the rest of a body that is no longer needed, in ms. */
const LINGER_MS = 1000;
/** Age of an unfinished request from which its connection may be closed for a newer one, in ms. */
const SLOW_MS = 2000;
/** Requests per connection that may wait for their turn. Browsers send one after the other. */
const MAX_REQUESTS_AT_ONCE = 16;
const MAX_REQUESTS_PER_CONNECTION = 1000;
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_HEADERS = 100;
const CHECK_INTERVAL_MS = 1000;
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
  /** Null when it comes from a trusted proxy. The proxy's clients are counted instead. */
  readonly address: string | null;
  /** Requests that are being answered or wait for their turn. */
  requests: number;
  /** Handlers of these requests, in the order of arrival. The first one has been called. */
  readonly turns: (() => void)[];
  /** The newest request, and when it arrived. */
  request: IncomingMessage | null;
  requestMs: number;
  /** When the connection is closed unless its state changes, and why. */
  dueMs: number;
  dueTo: ConnectionLimit;
  /** Functions that release the counted places of its clients behind a proxy. */
  readonly releases: Set<() => void>;
}

/**
 * Enforces the limits of connections: how many exist in total and per address, and how long a request may take. An idle
 * connection is closed when a newer one needs its place, so idle connections keep nobody out.
 */
export class ConnectionGuard {
  readonly #options: ConnectionGuardOptions;
  readonly #connections = new Map<Socket, Connection>();
  /** Connections without a request, oldest first. */
  readonly #waiting = new Set<Connection>();
  readonly #waitingOf = new Map<string, Set<Connection>>();
  /** Connections with a request, oldest first. */
  readonly #busy = new Set<Connection>();
  /** Connections per address, or requests per client behind a proxy. */
  readonly #counts = new Map<string, number>();
  readonly #timer: Subscription;

  constructor(options: ConnectionGuardOptions) {
    this.#options = options;
    const closeOverdue = () => this.#closeOverdue();
    this.#timer = options.clock.scheduler.schedule(function tick() {
      closeOverdue();
      this.schedule(undefined, CHECK_INTERVAL_MS);
    }, CHECK_INTERVAL_MS);
  }

  /** Number of open connections. */
  get openCount(): number {
    return this.#connections.size;
  }

  /** Creates an HTTP server that enforces the limits. `handler` gets the requests that may be answered. */
  createServer(handler: RequestListener): Server {
    const { requestTimeoutMs } = this.#options;
    const server = createServer(
      {
        headersTimeout: Math.min(MAX_HEAD_MS, requestTimeoutMs),
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_INTERVAL_MS,
        maxHeaderSize: MAX_HEAD_BYTES,
      },
      (request, response) => {
        if (this.#admit(request, response)) this.#inTurn(request.socket, response, () => handler(request, response));
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

  /** Marks the connection as a long-lived stream, which has no time limit. */
  keepOpen(socket: Socket | null): void {
    const connection = socket === null ? undefined : this.#connections.get(socket);
    if (connection === undefined) return;
    this.#busy.delete(connection);
    this.#stopWaiting(connection);
  }

  /** Admits a request that becomes a WebSocket. Returns false when its client behind a proxy has reached the limit. */
  admitUpgrade({ socket, headers }: IncomingMessage): boolean {
    const connection = this.#connections.get(socket);
    if (connection === undefined || !this.#claim(connection, { socket, headers })) return false;
    this.keepOpen(socket);
    return true;
  }

  /** Stops the timer. The server closes the open connections. */
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
      turns: [],
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

  /** Closes the oldest connection that is idle or sends its request slowly. `address` null: of any address. */
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
    // Move it to the end: the set is ordered by the newest request.
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

  /**
   * Calls the handlers of a connection one after the other. An answer that is not read holds up the next one, so that a
   * connection costs the memory of one answer, however many requests it has sent.
   */
  #inTurn(socket: Socket, response: ServerResponse, handle: () => void): void {
    const turns = this.#connections.get(socket)?.turns;
    if (turns === undefined) return;
    turns.push(handle);
    response.once('close', () => {
      turns.shift();
      if (!socket.destroyed) turns[0]?.();
    });
    if (turns.length === 1) handle();
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

  /**
   * Counts a request for its client behind a proxy. Returns a function that releases the place, true when nothing is
   * counted, or false when the client has reached the limit.
   */
  #claim(connection: Connection, request: Pick<IncomingMessage, 'socket' | 'headers'>): (() => void) | true | false {
    if (connection.address !== null) return true;
    const { addresses, maxPerAddress } = this.#options;
    const client = addresses.of(request);
    // If a proxy names no client, its clients cannot be told apart and are not counted.
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

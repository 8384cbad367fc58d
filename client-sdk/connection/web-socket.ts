import { TOKEN_SUBPROTOCOL_PREFIX } from '../protocol/index.ts';

/** The part of WebSocket that this client uses. Those of browsers, of Node and of the `ws` package all fit. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  /** Bytes handed over but not yet sent. */
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** Class of a WebSocket, as browsers, Node and `ws` have it. */
export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** `WebSocket.OPEN`. */
export const OPEN = 1;

/** Address of a server, and the access token for it. */
export interface ServerAddress {
  /** Address of the server, such as `http://localhost:7700`: `http`, `https`, `ws` or `wss`, with any path prefix. */
  readonly url: string | URL;
  /** Access token, of the characters that a WebSocket subprotocol may have (base64url fits). */
  readonly token?: string;
  /** Default: the global `WebSocket`. */
  readonly WebSocket?: WebSocketConstructor;
}

export type SocketHandlers = {
  opened(): void;
  message(data: unknown): void;
  /** `code` 1006 when the connection broke or never opened. Called exactly once, last. */
  closed(code: number): void;
};

const SUBPROTOCOL_TOKEN = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;

/**
 * Address of `path` on the server.
 *
 * @throws TypeError if the URL is invalid or has an unsupported scheme.
 */
export function endpoint(address: ServerAddress, scheme: 'ws' | 'http', path: string): URL {
  const url = new URL(address.url);
  const kind = /^(?:http|ws)(s?):$/.exec(url.protocol);
  if (kind === null) throw new TypeError('url must start with http:, https:, ws: or wss:');
  const prefix = url.pathname.endsWith('/') ? url.pathname : `${url.pathname}/`;
  return new URL(`${scheme}${kind[1]}://${url.host}${prefix}${path}`);
}

/** @throws TypeError when the address or token is unusable. */
export function checkAddress(address: ServerAddress): void {
  endpoint(address, 'ws', '');
  if (address.token !== undefined && !SUBPROTOCOL_TOKEN.test(address.token)) {
    throw new TypeError('token contains characters that a WebSocket subprotocol cannot contain');
  }
}

/**
 * Connects a WebSocket.
 *
 * @throws TypeError when the address or token is unusable or there is no WebSocket here.
 */
export function connect(
  address: ServerAddress,
  path: string,
  subprotocol: string,
  handlers: SocketHandlers,
): WebSocketLike {
  const Socket = address.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (Socket === undefined) throw new TypeError('there is no global WebSocket: pass one as the WebSocket option');
  checkAddress(address);
  const protocols = [subprotocol];
  if (address.token !== undefined) protocols.push(TOKEN_SUBPROTOCOL_PREFIX + address.token);
  const socket = new Socket(endpoint(address, 'ws', path).href, protocols);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => handlers.opened();
  socket.onmessage = (event: { data: unknown }) => handlers.message(event.data);
  // An error is always followed by a close; without a handler the `ws` package would throw it.
  socket.onerror = () => {};
  socket.onclose = (event: { code: number }) => handlers.closed(event.code);
  return socket;
}

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  type EmotionEvent,
  parseJson,
  parseSubscriberMessage,
  SUBSCRIBE_SUBPROTOCOL,
  type Subscribe,
} from '../../../client-sdk/protocol/index.ts';

/** Handles one subscriber. Replaces the default, which sends all events and closes with code 1000. */
export type SubscriberScript = (socket: WebSocket, subscribe: Subscribe, events: readonly EmotionEvent[]) => void;

export interface EventServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** The `subscribe` message of each connection, in order. */
  readonly subscriptions: readonly Subscribe[];
  /** Subprotocols that each connection offered, in order. */
  readonly protocols: readonly string[][];
  /** Number of connected subscribers. */
  connectionCount(): number;
}

/**
 * A subscriber endpoint with `events`, on a free port of this machine. The n-th subscriber gets the n-th script.
 * Subscribers after the last script get all events. HTTP requests get the body for their path from `bodies`, or 404.
 */
export async function startEventServer(options: {
  events?: readonly EmotionEvent[];
  scripts?: readonly SubscriberScript[];
  bodies?: Readonly<Record<string, unknown>>;
}): Promise<EventServer> {
  const { events = [], scripts = [], bodies = {} } = options;
  const subscriptions: Subscribe[] = [];
  const protocols: string[][] = [];
  const http: Server = createServer((request, response) => {
    const body = bodies[request.url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body ?? { error: { code: 'x', message: 'x' } }));
  });
  const sockets = new WebSocketServer({
    server: http,
    path: '/v1/subscribe',
    handleProtocols: () => SUBSCRIBE_SUBPROTOCOL,
  });
  sockets.on('connection', (socket, request) => {
    protocols.push((request.headers['sec-websocket-protocol'] ?? '').split(/, */));
    socket.on('error', () => {});
    socket.once('message', (data) => {
      const subscribe = parseSubscriberMessage(parseJson(String(data)));
      const script = scripts[subscriptions.length] ?? sendAll;
      subscriptions.push(subscribe);
      script(socket, subscribe, events);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    subscriptions,
    protocols,
    connectionCount: () => sockets.clients.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

/** Sends all events after the requested position, then closes normally. */
export const sendAll: SubscriberScript = (socket, { afterSequence = 0 }, events) => {
  for (const event of events) if (event.sequence > afterSequence) socket.send(JSON.stringify(event));
  socket.close(1000);
};

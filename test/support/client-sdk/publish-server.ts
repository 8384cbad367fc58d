import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  decodeMediaPacket,
  type MediaPacket,
  PUBLISH_SUBPROTOCOL,
  type PublisherMessage,
  type PublisherReply,
  parseJson,
  parsePublisherMessage,
} from '../../../client-sdk/protocol/index.ts';
import { SAMPLE_TRACEPARENT } from './sample-events.ts';

/** Answers one message in place of the default answer. Returns false to send the default answer. */
export type PublishScript = (message: PublisherMessage, socket: WebSocket) => boolean;

export interface PublishServer extends AsyncDisposable {
  readonly url: string;
  /** All messages and packets that were received, in order. */
  readonly received: readonly (PublisherMessage | MediaPacket)[];
  /** The messages of one type, in order. */
  messages<T extends PublisherMessage['type']>(type: T): Extract<PublisherMessage, { type: T }>[];
  /** The media packets in order. With `track`: only those of this track. */
  packets(track?: number): MediaPacket[];
  /** The connected publishers. */
  sockets(): WebSocket[];
}

/**
 * A publisher endpoint on a free port of this machine. It parses all input with the real parser, and accepts everything
 * that `script` does not answer. HTTP requests get the page for their path from `pages`, or 404.
 */
export async function startPublishServer(
  options: { script?: PublishScript; pages?: Readonly<Record<string, { type: string; body: string }>> } = {},
): Promise<PublishServer> {
  const { script, pages = {} } = options;
  const received: (PublisherMessage | MediaPacket)[] = [];
  const http = createServer((request, response) => {
    const page = pages[request.url ?? ''];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': page?.type ?? 'text/plain' });
    response.end(page?.body);
  });
  const server = new WebSocketServer({ server: http, path: '/v1/publish', handleProtocols: () => PUBLISH_SUBPROTOCOL });
  server.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        received.push(decodeMediaPacket(data));
        return;
      }
      const message = parsePublisherMessage(parseJson(data.toString()));
      received.push(message);
      if (script?.(message, socket) !== true) answer(message, socket);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    messages: <T extends PublisherMessage['type']>(type: T) =>
      received.filter((item): item is Extract<PublisherMessage, { type: T }> => 'type' in item && item.type === type),
    packets: (track) =>
      received.filter(
        (item): item is MediaPacket => 'payload' in item && (track === undefined || item.track === track),
      ),
    sockets: () => [...server.clients],
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      http.closeAllConnections();
      http.close();
      await once(http, 'close');
    },
  };
}

export function reply(socket: WebSocket, message: PublisherReply): void {
  socket.send(JSON.stringify(message));
}

function answer(message: PublisherMessage, socket: WebSocket): void {
  if (message.type === 'session.start') {
    reply(socket, {
      type: 'session.ready',
      sessionId: message.sessionId ?? 'chosen',
      traceparent: message.traceparent ?? SAMPLE_TRACEPARENT,
      limits: { maxPacketBytes: 100_000, maxMessageBytes: 65_536, maxTracks: 8, jitterMs: 200 },
    });
  }
  if (message.type === 'track.add') reply(socket, { type: 'track.ready', track: message.track });
  if (message.type === 'session.end') socket.close(1000);
}

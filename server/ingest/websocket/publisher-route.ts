import { MEDIA_PACKET_HEADER_BYTES, PUBLISH_SUBPROTOCOL } from '../../../client-sdk/protocol/index.ts';
import type { SocketRoute } from '../../ports/socket-route.ts';
import { PublisherConnection, type PublisherConnectionOptions } from './publisher-connection.ts';

/** The WebSocket endpoint of publishers. */
export function publisherRoute(options: Omit<PublisherConnectionOptions, 'socket' | 'grant'>): SocketRoute {
  const { maxPacketBytes, maxMessageBytes } = options.limits;
  return {
    path: '/v1/publish',
    subprotocol: PUBLISH_SUBPROTOCOL,
    // Packets up to twice the limit are read, so that an oversized packet gets the protocol's close code.
    maxPayload: 2 * Math.max(maxPacketBytes, maxMessageBytes, MEDIA_PACKET_HEADER_BYTES),
    access: { scope: 'publish' },
    accept: (socket, _request, grant) => {
      new PublisherConnection({ ...options, socket, grant });
    },
  };
}

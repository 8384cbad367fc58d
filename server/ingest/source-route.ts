import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { CloseReason } from '../../client-sdk/protocol/index.ts';

/** A WebSocket endpoint that a platform connects to: a machine, which offers no subprotocol. */
export interface SourceRoute {
  readonly path: string;
  readonly subprotocol: null;
  readonly maxPayload: number;
  readonly refuse: (request: IncomingMessage) => CloseReason | null;
  readonly accept: (socket: WebSocket, request: IncomingMessage) => void;
}

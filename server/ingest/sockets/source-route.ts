import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Grant } from '../../access/grant.ts';
import type { PlatformAccess } from '../../access/route-access.ts';

/** A WebSocket endpoint that a platform connects to: a machine, which offers no subprotocol. */
export interface SourceRoute {
  readonly path: string;
  readonly subprotocol: null;
  readonly maxPayload: number;
  readonly access: PlatformAccess;
  readonly accept: (socket: WebSocket, request: IncomingMessage, grant: Grant) => void;
}

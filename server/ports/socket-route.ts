import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { Grant } from '../access/grant.ts';
import type { PlatformAccess, ScopedAccess } from '../access/route-access.ts';

/** A WebSocket endpoint. */
export interface SocketRoute {
  readonly path: string;
  /** The required subprotocol. Null for platforms, which offer none or one of their own, and read an HTTP status. */
  readonly subprotocol: string | null;
  /** Largest message, in bytes. A larger one closes the socket with code 1009. */
  readonly maxPayload: number;
  /** What a request must present: a credential with a scope, or a platform's own proof. */
  readonly access: ScopedAccess | PlatformAccess;
  /** Takes over an admitted socket. The grant says what its holder may do. */
  readonly accept: (socket: WebSocket, request: IncomingMessage, grant: Grant) => void;
}

/** A WebSocket endpoint that a platform connects to. */
export interface PlatformRoute extends SocketRoute {
  readonly subprotocol: null;
  readonly access: PlatformAccess;
}

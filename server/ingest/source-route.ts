import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { CloseReason } from '../../client-sdk/protocol/index.ts';
import type { AccessPolicy } from '../policy/access-policy.ts';

/** A WebSocket endpoint that a platform connects to: a machine, which offers no subprotocol. */
export interface SourceRoute {
  readonly path: string;
  readonly subprotocol: null;
  readonly maxPayload: number;
  readonly refuse: (request: IncomingMessage) => CloseReason | null;
  readonly accept: (socket: WebSocket, request: IncomingMessage) => void;
}

/** Why a request that needs no token may not come from where it comes from; null: it may. */
export function refusedOrigin(policy: AccessPolicy, request: IncomingMessage): CloseReason | null {
  const decision = policy.checkOrigin(request.headers);
  return decision === 'allowed' ? null : decision;
}

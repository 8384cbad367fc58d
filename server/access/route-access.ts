import type { IncomingMessage } from 'node:http';
import type { AccessRefusal } from './access-control.ts';
import type { Grant, Scope } from './grant.ts';
import type { Platform, SocketPlatform } from './platform.ts';

/** What a route asks of a request. Every route must state it; the server does not start with one that does not. */
export type RouteAccess = ScopedAccess | { readonly open: OpenRoute };

/** A route for holders of a credential. */
export interface ScopedAccess {
  /** What the credential must allow. */
  readonly scope: Scope;
  /** Scope that is needed instead when the request asks for a stream of events (`Accept: text/event-stream`). */
  readonly ofStreams?: Scope;
  /**
   * The request continues an earlier one, such as a WHIP publisher's `DELETE`. A single-use token may be used again here.
   * Default: false.
   */
  readonly continues?: boolean;
}

/**
 * Why a route asks for no credential.
 *
 * - `health`: load balancers ask, and the answer contains nothing about calls.
 * - `dashboard`: the page's files are the same for everyone. The data that it shows comes from routes with a scope.
 * - `signed-webhook`: the platform's signature over the body is the credential; the route checks it.
 */
export type OpenRoute = 'health' | 'dashboard' | 'signed-webhook';

/** A registered route. */
export interface StatedRoute {
  /** An HTTP method, or `UPGRADE` for a WebSocket. */
  readonly method: string;
  /** Address. A part that begins with a colon stands for an id. */
  readonly path: string;
  readonly access: RouteAccess | PlatformAccess;
}

/** How a credential came in. A label of metrics. */
export type Way = 'http' | 'websocket' | Platform;

/** A route for a platform, which proves itself in its own way. */
export interface PlatformAccess {
  readonly platform: SocketPlatform;
  /**
   * What the sender of an upgrade may do. A grant without scopes lets the platform connect but do nothing yet: it proves
   * itself in its first message, or is told of its failure in its own protocol.
   */
  readonly admit: (request: IncomingMessage) => Grant | AccessRefusal;
}

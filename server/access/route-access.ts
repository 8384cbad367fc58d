import type { IncomingMessage } from 'node:http';
import type { AccessRefusal } from './access-control.ts';
import type { Grant, Scope } from './grant.ts';
import type { Platform, SocketPlatform } from './platform.ts';

/** What a route requires of a request. Every route must state it, or the server does not start. */
export type RouteAccess = ScopedAccess | { readonly open: OpenRoute };

/** A route that requires a credential. */
export interface ScopedAccess {
  /** The scope that the credential must have. */
  readonly scope: Scope;
  /** The scope that is required instead when the request asks for server-sent events (`Accept: text/event-stream`). */
  readonly ofStreams?: Scope;
  /**
   * The request continues an earlier one, such as a WHIP publisher's `DELETE`. A single-use token may be used again here.
   * Default: false.
   */
  readonly continues?: boolean;
}

/**
 * Why a route requires no credential.
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
  /** Address. A part that begins with a colon is a placeholder for an id. */
  readonly path: string;
  readonly access: RouteAccess | PlatformAccess;
}

/** The way in that received a credential. A label of metrics. */
export type Way = 'http' | 'websocket' | Platform;

/** A route for a platform that proves itself in its own way. */
export interface PlatformAccess {
  readonly platform: SocketPlatform;
  /**
   * What the sender of an upgrade may do. With a grant without scopes, the platform may connect but do nothing yet. It
   * then proves itself in its first message. If that fails, it receives the error in its own protocol.
   */
  readonly admit: (request: IncomingMessage) => Grant | AccessRefusal;
}

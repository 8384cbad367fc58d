import type { IncomingMessage } from 'node:http';
import type { AccessRefusal } from './access-control.ts';
import type { Grant, Scope } from './grant.ts';

/** What a route of the server asks of a request. Each route states it; one that does not is refused at the start. */
export type RouteAccess = ScopedAccess | { readonly open: OpenRoute };

/** A route for holders of a credential. */
export interface ScopedAccess {
  /** What the credential must allow. */
  readonly scope: Scope;
  /** What it must allow instead where the request asks for a stream of events (`Accept: text/event-stream`). */
  readonly ofStreams?: Scope;
  /**
   * The request goes on with what an earlier one began, such as a WHIP publisher's `DELETE`: a token that works once may
   * come along again. Default: false.
   */
  readonly continues?: boolean;
}

/**
 * Why a route asks for no credential.
 *
 * - `health`: load balancers ask, and the answer tells nothing of a call.
 * - `dashboard`: the page's files are the same for everyone; what they show comes by the routes with a scope.
 * - `signed-webhook`: the platform's signature over the body is the credential, and the route checks it.
 */
export type OpenRoute = 'health' | 'dashboard' | 'signed-webhook';

/** A route as it was registered. */
export interface StatedRoute {
  /** An HTTP method, or `UPGRADE` for a WebSocket. */
  readonly method: string;
  /** Address; a part that begins with a colon stands for an id. */
  readonly path: string;
  readonly access: RouteAccess | PlatformAccess;
}

/** A platform that proves itself in its own way. */
export type Platform = 'twilio' | 'audiohook' | 'freeswitch' | 'recall';

/** How a credential came in: the label of metrics. */
export type Way = 'http' | 'websocket' | 'zoom' | Platform;

/** A route for machines of a platform, which have a proof of their own. */
export interface PlatformAccess {
  readonly platform: Platform;
  /**
   * What the sender of an upgrade may do. A grant without scopes is for a machine that will prove itself in its first
   * message, or is told in its protocol's words that it failed.
   */
  readonly admit: (request: IncomingMessage) => Grant | AccessRefusal;
}

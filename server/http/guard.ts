import type { FastifyInstance, FastifyReply, FastifyRequest, RouteGenericInterface, RouteOptions } from 'fastify';
import type { AccessControl, AccessRefusal } from '../access/access-control.ts';
import type { Grant } from '../access/grant.ts';
import type { OriginPolicy } from '../access/origin-policy.ts';
import { pathOf } from '../access/request-target.ts';
import type { RouteAccess, StatedRoute } from '../access/route-access.ts';
import { HELD_BACK_S } from '../access/wrong-credentials.ts';
import { httpError } from './http-error.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the route requires of a request. */
    access?: RouteAccess;
  }
}

/** Adds HTTP routes. Each route states what it requires of a request. */
export interface Routes extends Pick<FastifyInstance, 'addContentTypeParser' | 'register'> {
  route<R extends RouteGenericInterface = RouteGenericInterface>(options: StatedRouteOptions<R>): unknown;
}

type AnyRoute<R extends RouteGenericInterface> = RouteOptions<
  FastifyInstance['server'],
  FastifyRequest['raw'],
  FastifyReply['raw'],
  R
>;
type StatedRouteOptions<R extends RouteGenericInterface> = AnyRoute<R> & { config: { access: RouteAccess } };

export interface GuardOptions {
  readonly origins: OriginPolicy;
  readonly access: AccessControl;
  /** Headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
}

const grants = new WeakMap<FastifyRequest, Grant>();

/** What the sender of a request may do. Throws a TypeError on a route without a scope. */
export function grantOf(request: FastifyRequest): Grant {
  const grant = grants.get(request);
  if (grant === undefined) throw new TypeError('the route requires no credential');
  return grant;
}

/**
 * Checks each request after the router has found its route and before its body is read. A route that does not state
 * what it requires cannot be added.
 *
 * @returns the routes, as they are added.
 */
export function guardRoutes(app: FastifyInstance, options: GuardOptions): readonly StatedRoute[] {
  const routes: StatedRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    const access = config?.access;
    if (access === undefined)
      throw new TypeError(`the route ${method} ${url} does not state which credential it requires`);
    for (const name of Array.isArray(method) ? method : [method]) routes.push({ method: name, path: url, access });
  });
  app.addHook('onRequest', (request, reply) => guard(options, request, reply));
  return routes;
}

async function guard(
  { origins, access, headers }: GuardOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply | undefined> {
  reply.headers(headers);
  const path = pathOf(request.raw.url);
  if (answerPreflight(origins, request, reply, path)) return reply;
  if (!origins.allows(request.headers)) {
    return reply.code(403).send(httpError('forbidden-origin', 'this origin or host name may not use the server'));
  }
  // The router decodes a path. Only the exact spelling of a route's address is accepted.
  if (path === null) return sendNotFound(reply);
  if (request.is404) return undefined;
  const asked = request.routeOptions.config.access;
  if (asked === undefined) throw new TypeError(`the route ${request.routeOptions.url} states no credential`);
  if ('open' in asked) return undefined;
  const grant = await access.admit(request.raw, asked, 'http');
  if (typeof grant === 'string') return refuse(reply, grant, asked.scope);
  grants.set(request, grant);
  return undefined;
}

/** Answers a request to an address without a route. */
export function sendNotFound(reply: FastifyReply): FastifyReply {
  return reply.code(404).send(httpError('not-found', 'there is nothing here'));
}

function refuse(reply: FastifyReply, reason: AccessRefusal, scope: string): FastifyReply {
  if (reason === 'too-fast') return refuseForNow(reply);
  if (reason === 'overloaded') {
    reply.header('Retry-After', '1');
    return reply.code(503).send(httpError('overloaded', 'the server is at its limit; try again later'));
  }
  reply.header('WWW-Authenticate', 'Bearer');
  const message = `this needs the header Authorization: Bearer <token>, and a token with the scope ${scope}`;
  return reply.code(401).send(httpError('unauthorized', message));
}

/** Answers a request from an address with too many wrong credentials. */
export function refuseForNow(reply: FastifyReply): FastifyReply {
  reply.header('Retry-After', String(HELD_BACK_S));
  return reply
    .code(429)
    .send(httpError('too-fast', 'too many wrong credentials came from this address; try again later'));
}

/**
 * Sends the CORS headers to a page of a listed origin. Returns true when the request was a preflight and is now
 * answered.
 */
function answerPreflight(
  origins: OriginPolicy,
  { headers, method, is404 }: FastifyRequest,
  reply: FastifyReply,
  path: string | null,
): boolean {
  const { origin } = headers;
  if (origin === undefined || !origins.isListed(origin)) return false;
  const isWebRtc = /^\/v1\/wh[ie]p(?:\/|$)/.test(path ?? '');
  reply.headers({ 'Access-Control-Allow-Origin': origin, Vary: 'Origin' });
  if (isWebRtc) reply.header('Access-Control-Expose-Headers', 'Location, Link, ETag, Accept-Patch, Undertone-Session');
  // A WHIP or WHEP client may send OPTIONS itself. A browser's preflight names the method that it asks about.
  if (method !== 'OPTIONS' || !(is404 || headers['access-control-request-method'] !== undefined)) return false;
  reply.headers({
    'Access-Control-Allow-Methods': isWebRtc ? 'POST, PATCH, DELETE, OPTIONS' : 'GET, DELETE',
    'Access-Control-Allow-Headers': isWebRtc
      ? 'Authorization, Content-Type, If-Match, Traceparent'
      : 'Authorization, Last-Event-ID',
    'Access-Control-Max-Age': '600',
  });
  reply.code(204).send();
  return true;
}

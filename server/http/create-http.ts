import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { HttpError } from '../../client-sdk/protocol/index.ts';
import type { AccessDecision, AccessPolicy } from '../policy/access-policy.ts';
import { addDashboardRoutes, type Dashboard } from './dashboard.ts';
import { addSessionsRoutes, httpError, type SessionsRoutesOptions } from './sessions-routes.ts';
import { addWebRtcRoutes, isWebRtcPath, isWhipPath, type WebRtcRoutesOptions } from './webrtc-routes.ts';
import { addZoomRoutes, ZOOM_PATH, type ZoomRoutesOptions } from './zoom-routes.ts';

export interface HttpOptions extends SessionsRoutesOptions, WebRtcRoutesOptions, ZoomRoutesOptions {
  readonly log: Logger;
  /** Makes the server that the connections come to, with their limits. */
  readonly createServer: (handler: RequestListener) => Server;
  /** Served at `/`; nothing is when left out. */
  readonly dashboard?: Dashboard;
  /** False while the server starts or stops: no new call should come here. */
  readonly isReady: () => boolean;
  /** Prometheus text and its content type. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Headers of every answer. */
const SECURITY_HEADERS = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The HTTP side: dashboard, session API, health, metrics. Listening is left to the caller. */
export function createHttp(options: HttpOptions): FastifyInstance {
  const { policy, log, isReady, metrics, dashboard } = options;
  const headers = {
    ...SECURITY_HEADERS,
    'Content-Security-Policy': dashboard?.contentSecurityPolicy ?? "default-src 'none'; frame-ancestors 'none'",
  };
  const app = Fastify({
    logger: false,
    serverFactory: options.createServer,
    bodyLimit: 1024,
    routerOptions: { maxParamLength: 64 },
    // What is not even a URL is answered before any hook runs.
    frameworkErrors: (_error, _request, reply: FastifyReply) => reply.headers(headers).code(400).send(badRequest()),
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers);
    return guard(policy, request, reply);
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(httpError('not-found', 'there is nothing here')));
  app.setErrorHandler((error, request, reply) => {
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return reply.code(status).send(badRequest());
    log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    return reply.code(500).send(httpError('internal', 'the server failed at its own work'));
  });

  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready' });
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, body } = await metrics();
    return reply.type(contentType).send(body);
  });
  addSessionsRoutes(app, options);
  addWebRtcRoutes(app, options);
  addZoomRoutes(app, options);
  if (dashboard !== undefined) addDashboardRoutes(app, dashboard.files);
  return app;
}

function badRequest(): HttpError {
  return httpError('bad-request', 'the request is not valid');
}

/** The dashboard's files and the health checks tell nothing of a call: they need no token. Zoom's webhooks are signed. */
function isGuarded(path: string): boolean {
  return path === '/metrics' || (path.startsWith('/v1/') && path !== ZOOM_PATH);
}

function guard(policy: AccessPolicy, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  const { origin } = request.headers;
  const path = request.url.split('?', 1)[0] ?? '';
  const isWebRtc = isWebRtcPath(path);
  if (origin !== undefined && policy.isListedOrigin(origin)) {
    reply.headers({ 'Access-Control-Allow-Origin': origin, Vary: 'Origin' });
    if (isWebRtc)
      reply.header('Access-Control-Expose-Headers', 'Location, Link, ETag, Accept-Patch, Undertone-Session');
    // A WHIP or WHEP client may ask for options itself; a browser's own question names the method that it is about.
    const isPreflight = !isWebRtc || request.headers['access-control-request-method'] !== undefined;
    if (request.method === 'OPTIONS' && isPreflight) {
      reply.headers({
        'Access-Control-Allow-Methods': isWebRtc ? 'POST, PATCH, DELETE' : 'GET',
        'Access-Control-Allow-Headers': isWebRtc
          ? 'Authorization, Content-Type, If-Match, Traceparent'
          : 'Authorization, Last-Event-ID',
        'Access-Control-Max-Age': '600',
      });
      return reply.code(204).send();
    }
  }
  const decision = decide(policy, path, request.headers);
  if (decision === 'unauthorized') {
    reply.header('WWW-Authenticate', 'Bearer');
    return reply.code(401).send(httpError('unauthorized', 'this needs the header Authorization: Bearer <token>'));
  }
  if (decision === 'forbidden-origin') {
    return reply.code(403).send(httpError('forbidden-origin', 'this origin or host name may not use the server'));
  }
  return undefined;
}

function decide(policy: AccessPolicy, path: string, headers: IncomingHttpHeaders): AccessDecision {
  const origin = policy.checkOrigin(headers);
  if (origin !== 'allowed' || !isGuarded(path)) return origin;
  if (!isWhipPath(path)) return policy.check(headers);
  return policy.publishGrant(headers) === null ? 'unauthorized' : 'allowed';
}

import type { RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import type { HttpError } from '../../client-sdk/protocol/index.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { OriginPolicy } from '../access/origin-policy.ts';
import type { StatedRoute } from '../access/route-access.ts';
import { HistoryError } from '../history/history-error.ts';
import { type AdminRoutesOptions, addAdminRoutes } from './admin-routes.ts';
import { addDashboardRoutes, type Dashboard } from './dashboard.ts';
import { addEventsRoutes, type EventsRoutesOptions } from './events-routes.ts';
import { guardRoutes, type Routes, sendNotFound } from './guard.ts';
import { addHistoryRoutes, type HistoryRoutesOptions } from './history-routes.ts';
import { httpError } from './http-error.ts';
import { QueryError } from './session-query.ts';
import { SessionReads, type SessionReadsOptions } from './session-reads.ts';
import { addSessionsRoutes, type SessionsRoutesOptions } from './sessions-routes.ts';
import { addWebRtcRoutes, type WebRtcRoutesOptions } from './webrtc-routes.ts';
import { addZoomRoutes, type ZoomRoutesOptions } from './zoom-routes.ts';

export interface HttpOptions
  extends Omit<SessionsRoutesOptions, 'reads'>,
    Omit<EventsRoutesOptions, 'reads'>,
    Omit<HistoryRoutesOptions, 'reads'>,
    SessionReadsOptions,
    WebRtcRoutesOptions,
    ZoomRoutesOptions,
    AdminRoutesOptions {
  readonly log: Logger;
  readonly origins: OriginPolicy;
  readonly access: AccessControl;
  /** Creates the HTTP server and applies the limits of connections. */
  readonly createServer: (handler: RequestListener) => Server;
  /** Served at `/`. Default: none. */
  readonly dashboard?: Dashboard;
  /** Why no new call should come here, in words that anyone may read. Empty when calls are welcome. */
  readonly notReady: () => readonly string[];
  /** Prometheus text and its content type. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Headers of every response. No cache may store what a response says about a call or an error. */
const SECURITY_HEADERS = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(self), microphone=(self), geolocation=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/** The HTTP app, and its routes with what each requires. */
export interface Http {
  readonly app: FastifyInstance;
  readonly routes: readonly StatedRoute[];
}

/** Creates the HTTP app: dashboard, session API, health and metrics. The caller makes it listen. */
export function createHttp(options: HttpOptions): Http {
  const { origins, access, log, dashboard } = options;
  const headers = {
    ...SECURITY_HEADERS,
    'Content-Security-Policy': dashboard?.contentSecurityPolicy ?? "default-src 'none'; frame-ancestors 'none'",
  };
  const app = Fastify({
    logger: false,
    serverFactory: options.createServer,
    bodyLimit: 1024,
    routerOptions: { maxParamLength: 64 },
    // A malformed URL is answered before any hook runs.
    frameworkErrors: (_error, _request, reply: FastifyReply) => reply.headers(headers).code(400).send(badRequest()),
  });
  const routes = guardRoutes(app, { origins, access, headers });
  app.setNotFoundHandler((_request, reply) => sendNotFound(reply));
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof QueryError) return reply.code(400).send(httpError('invalid-query', error.message));
    if (error instanceof HistoryError) return sendHistoryError(reply, error);
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    if (status < 500) return reply.code(status).send(badRequest());
    log.error({ err: error, route: request.routeOptions.url }, 'a request failed');
    return reply.code(500).send(httpError('internal', 'the server failed at its own work'));
  });

  addHealthRoutes(app, options);
  addAdminRoutes(app, options);
  const reads = new SessionReads(options);
  addSessionsRoutes(app, { ...options, reads });
  addEventsRoutes(app, { ...options, reads });
  addHistoryRoutes(app, { ...options, reads });
  addWebRtcRoutes(app, options);
  addZoomRoutes(app, options);
  if (dashboard !== undefined) addDashboardRoutes(app, dashboard.files);
  return { app, routes };
}

/** Nothing about a call is in these messages. */
function sendHistoryError(reply: FastifyReply, { code, message }: HistoryError): FastifyReply {
  const isBusy = code === 'too-slow';
  if (isBusy) reply.header('Retry-After', '1');
  return reply.code(503).send(httpError(isBusy ? 'overloaded' : 'no-history', message));
}

function addHealthRoutes(app: Routes, { notReady, metrics, history }: HttpOptions): void {
  app.route({
    method: 'GET',
    url: '/healthz',
    config: { access: { open: 'health' } },
    handler: async () => ({ status: 'ok' }),
  });
  app.route({
    method: 'GET',
    url: '/readyz',
    config: { access: { open: 'health' } },
    handler: async (_request, reply) => {
      const reasons = notReady();
      // The server takes calls without a history, too.
      const { outage } = history;
      const told = outage === null ? {} : { history: outage };
      if (reasons.length === 0) return { status: 'ready', ...told };
      return reply.code(503).send({ status: 'not ready', reasons, ...told });
    },
  });
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { access: { scope: 'metrics' } },
    handler: async (_request, reply) => {
      const { contentType, body } = await metrics();
      return reply.type(contentType).send(body);
    },
  });
}

function badRequest(): HttpError {
  return httpError('bad-request', 'the request is not valid');
}

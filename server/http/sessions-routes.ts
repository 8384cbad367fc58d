import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type EventPosition,
  formatPosition,
  type HttpError,
  LOG_START,
  parsePosition,
  type SessionList,
  type SessionSummary,
} from '../../client-sdk/protocol/index.ts';
import { type AccessControl, acceptsEventStream } from '../access/access-control.ts';
import type { Grant } from '../access/grant.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';

export interface SessionsRoutesOptions {
  /** Logs who reads which session. */
  readonly access: AccessControl;
  readonly sessions: SessionRegistry;
  /** Takes over a response and streams the session's events to it. Returns false when too many readers are open. */
  readonly stream: (session: Session, after: EventPosition, exchange: Exchange, grant: Grant) => boolean;
}

/** A request, and the response that its stream is written to. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Events per JSON response. */
const PAGE_EVENTS = 1000;
/** Bytes of events per JSON response. This bounds the memory for a client that does not read it. */
const PAGE_BYTES = 1024 * 1024;

type SessionParams = { Params: { sessionId: string } };
type EventsRequest = SessionParams & { Querystring: { after?: string } };

/** `GET /v1/sessions`, `/v1/sessions/:sessionId`, `/v1/sessions/:sessionId/events`. */
export function addSessionsRoutes(app: Routes, { sessions, stream, access }: SessionsRoutesOptions): void {
  /** The requested session, if the request's grant covers it. */
  const find = (request: FastifyRequest<SessionParams>): Session | undefined => {
    const { sessionId } = request.params;
    const grant = grantOf(request);
    const session = (grant.session ?? sessionId) === sessionId ? sessions.get(sessionId) : undefined;
    const action = acceptsEventStream(request.headers) ? 'subscribe' : 'read';
    if (session !== undefined) access.audit(action, request.raw, grant, sessionId);
    return session;
  };

  app.route({
    method: 'GET',
    url: '/v1/sessions',
    config: { access: { scope: 'read' } },
    handler: async (request): Promise<SessionList> => {
      const grant = grantOf(request);
      const { session: only } = grant;
      access.audit('read', request.raw, grant, null);
      const seen = only === undefined ? sessions.list() : sessions.list().filter(({ id }) => id === only);
      return { sessions: seen.map((session) => session.summary()) };
    },
  });

  app.route<SessionParams>({
    method: 'GET',
    url: '/v1/sessions/:sessionId',
    config: { access: { scope: 'read' } },
    handler: async (request, reply): Promise<SessionSummary | HttpError> => {
      const session = find(request);
      return session === undefined ? reply.code(404).send(unknownSession()) : session.summary();
    },
  });

  app.route<EventsRequest>({
    method: 'GET',
    url: '/v1/sessions/:sessionId/events',
    exposeHeadRoute: false,
    config: { access: { scope: 'read', ofStreams: 'subscribe' } },
    handler: (request, reply) => sendEvents(request, reply, find(request), stream),
  });
}

function sendEvents(
  request: FastifyRequest<EventsRequest>,
  reply: FastifyReply<EventsRequest>,
  session: Session | undefined,
  stream: SessionsRoutesOptions['stream'],
): FastifyReply<EventsRequest> {
  if (session === undefined) return reply.code(404).send(unknownSession());
  const wantsStream = acceptsEventStream(request.headers);
  const lastEventId = wantsStream ? request.headers['last-event-id'] : undefined;
  const after = readPosition(typeof lastEventId === 'string' ? lastEventId : request.query.after);
  if (after === null) {
    const expected = 'after and Last-Event-ID are a sequence from 0, or <epoch>:<sequence>';
    return reply.code(400).send(httpError('invalid-after', expected));
  }
  if (!wantsStream) return sendPage(session, after, reply);
  // Status 204 makes an EventSource stop reconnecting.
  const { afterSequence, restarted } = session.events.resume(after);
  const hasAll = restarted === null && afterSequence >= session.events.lastSequence;
  if (session.events.closed && hasAll) return reply.code(204).send();
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  if (!stream(session, after, { request: request.raw, response: reply.raw }, grantOf(request))) {
    reply.raw.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '5' });
    reply.raw.end(JSON.stringify(httpError('overloaded', 'too many streams are open; try again later')));
  }
  return reply;
}

function sendPage(
  { events: log }: Session,
  after: EventPosition,
  reply: FastifyReply<EventsRequest>,
): FastifyReply<EventsRequest> {
  const { afterSequence, restarted } = log.resume(after);
  const events = log.after(afterSequence, PAGE_EVENTS, PAGE_BYTES);
  const nextAfter = events.at(-1)?.sequence ?? afterSequence;
  const next = formatPosition({ epoch: log.epoch, sequence: nextAfter });
  const dropped = [restarted, log.evictedAfter(afterSequence)].filter((told) => told !== null);
  const rest = JSON.stringify({ next, nextAfter, ...(dropped.length > 0 && { dropped }) });
  // The events are already JSON, so they are joined and not serialised again.
  const parts = events.flatMap((event, i) => (i === 0 ? [event.json] : [COMMA, event.json]));
  const body = Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from(`],${rest.slice(1)}`)]);
  return reply.type('application/json; charset=utf-8').send(body);
}

const COMMA = Buffer.from(',');

/** Null when the text is no position. */
function readPosition(text: unknown): EventPosition | null {
  if (text === undefined || text === '') return LOG_START;
  return typeof text === 'string' ? parsePosition(text) : null;
}

function unknownSession(): HttpError {
  return httpError('unknown-session', 'the server holds no session with this id');
}

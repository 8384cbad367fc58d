import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { HttpError, SessionList, SessionSummary } from '../../client-sdk/protocol/index.ts';
import type { Session } from '../sessions/session.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';

export interface SessionsRoutesOptions {
  readonly sessions: SessionRegistry;
  /** Takes over a response and streams the session's events to it; false when too many streams are open. */
  readonly stream: (session: Session, afterSequence: number, response: ServerResponse) => boolean;
}

/** Events of one JSON answer. */
const PAGE_EVENTS = 1000;

type SessionParams = { Params: { sessionId: string } };
type EventsRequest = SessionParams & { Querystring: { after?: string } };

/** `GET /v1/sessions`, `/v1/sessions/:sessionId`, `/v1/sessions/:sessionId/events`. */
export function addSessionsRoutes(app: FastifyInstance, { sessions, stream }: SessionsRoutesOptions): void {
  app.get('/v1/sessions', async (): Promise<SessionList> => ({ sessions: sessions.list().map((s) => s.summary()) }));

  app.get<SessionParams>('/v1/sessions/:sessionId', async (request, reply): Promise<SessionSummary | HttpError> => {
    const session = sessions.get(request.params.sessionId);
    return session === undefined ? reply.code(404).send(unknownSession()) : session.summary();
  });

  app.get<EventsRequest>('/v1/sessions/:sessionId/events', { exposeHeadRoute: false }, (request, reply) => {
    const session = sessions.get(request.params.sessionId);
    if (session === undefined) return reply.code(404).send(unknownSession());
    const wantsStream = (request.headers.accept ?? '').includes('text/event-stream');
    const lastEventId = wantsStream ? request.headers['last-event-id'] : undefined;
    const after = parseSequence(typeof lastEventId === 'string' ? lastEventId : request.query.after);
    if (after === null) {
      return reply.code(400).send(httpError('invalid-after', 'after and Last-Event-ID are whole numbers, 0 or more'));
    }
    if (!wantsStream) return sendPage(session, after, reply);
    // 204 is how a server tells an EventSource to stop reconnecting.
    if (session.events.closed && after >= session.events.lastSequence) return reply.code(204).send();
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    if (!stream(session, after, reply.raw)) {
      reply.raw.writeHead(503, { 'Content-Type': 'application/json' });
      reply.raw.end(JSON.stringify(httpError('overloaded', 'too many streams are open; try again later')));
    }
    return reply;
  });
}

type PageReply = { type(contentType: string): PageReply; send(body: Buffer): PageReply };

function sendPage(session: Session, after: number, reply: PageReply): PageReply {
  const events = session.events.after(after, PAGE_EVENTS);
  const nextAfter = events.at(-1)?.sequence ?? after;
  // The events are already JSON: joined, not serialised again.
  const parts = events.flatMap((event, i) => (i === 0 ? [event.json] : [COMMA, event.json]));
  const body = Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from(`],"nextAfter":${nextAfter}}`)]);
  return reply.type('application/json; charset=utf-8').send(body);
}

const COMMA = Buffer.from(',');

function parseSequence(text: string | undefined): number | null {
  if (text === undefined || text === '') return 0;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isNaN(value) ? null : value;
}

function unknownSession(): HttpError {
  return httpError('unknown-session', 'the server holds no session with this id');
}

export function httpError(code: string, message: string): HttpError {
  return { error: { code, message } };
}

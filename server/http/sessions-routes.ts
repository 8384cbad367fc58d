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
import { evictedBefore, resumeLog } from '../event-log/resumption.ts';
import type { HistoryStore, RunName, RunRecord } from '../history/history-store.ts';
import { summarizeRun } from '../history/session-summary.ts';
import type { ReadableSession, StoredLogs } from '../history/stored-logs.ts';
import type { Session } from '../sessions/session.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';
import { parseSessionQuery, QueryError, type QueryString } from './session-query.ts';
import type { SessionReads } from './session-reads.ts';

export interface SessionsRoutesOptions {
  /** Logs who reads which session. */
  readonly access: AccessControl;
  readonly reads: SessionReads;
  /** Sessions that are no longer in memory. */
  readonly stored: StoredLogs;
  /** Takes over a response and streams the session's events to it. Returns false when too many readers are open. */
  readonly stream: (session: ReadableSession, after: EventPosition, exchange: Exchange, grant: Grant) => boolean;
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

/** A request for one session: the newest with this id, or the one of an epoch. */
export type SessionRequest = { Params: { sessionId: string }; Querystring: { epoch?: string } };
type EventsRequest = SessionRequest & { Querystring: { after?: string } };

/** `GET /v1/sessions`, `/v1/sessions/:sessionId`, `/v1/sessions/:sessionId/events`. */
export function addSessionsRoutes(app: Routes, { reads, stored, stream, access }: SessionsRoutesOptions): void {
  const audit = (request: FastifyRequest<SessionRequest>): void => {
    const action = acceptsEventStream(request.headers) ? 'subscribe' : 'read';
    access.audit(action, request.raw, grantOf(request), request.params.sessionId);
  };

  /** The requested session if it is in memory. A request for it is answered without a wait, so its time is counted. */
  const findHeld = (request: FastifyRequest<SessionRequest>): Session | null => {
    const session = reads.held(...requestedRun(request));
    if (session !== null) audit(request);
    return session;
  };

  const findStored = async (request: FastifyRequest<SessionRequest>): Promise<RunRecord | null> => {
    const run = await reads.stored(...requestedRun(request));
    if (run !== null) audit(request);
    return run;
  };

  app.route<{ Querystring: QueryString }>({
    method: 'GET',
    url: '/v1/sessions',
    config: { access: { scope: 'read' } },
    handler: async (request): Promise<SessionList> => {
      const grant = grantOf(request);
      access.audit('read', request.raw, grant, null);
      if (Object.keys(request.query).length === 0) return reads.list(grant);
      return reads.search(grant, parseSessionQuery(request.query));
    },
  });

  app.route<SessionRequest>({
    method: 'GET',
    url: '/v1/sessions/:sessionId',
    config: { access: { scope: 'read' } },
    handler: async (request, reply): Promise<SessionSummary | HttpError> => {
      const session = findHeld(request);
      if (session !== null) return session.summary();
      const run = await findStored(request);
      return run === null ? reply.code(404).send(unknownSession()) : summarizeRun(run);
    },
  });

  app.route<EventsRequest>({
    method: 'GET',
    url: '/v1/sessions/:sessionId/events',
    exposeHeadRoute: false,
    config: { access: { scope: 'read', ofStreams: 'subscribe' } },
    handler: (request, reply) => {
      const session = findHeld(request);
      return session === null
        ? sendStored(request, reply, findStored, reads, { stored, stream })
        : sendHeld(request, reply, session, reads, stream);
    },
  });
}

function sendHeld(
  request: FastifyRequest<EventsRequest>,
  reply: FastifyReply<EventsRequest>,
  session: Session,
  { store }: SessionReads,
  stream: SessionsRoutesOptions['stream'],
): FastifyReply<EventsRequest> | Promise<FastifyReply<EventsRequest>> {
  const after = requestedPosition(request);
  if (after === null) return refusePosition(reply);
  if (acceptsEventStream(request.headers)) return sendStream(session, after, request, reply, stream);
  const page = readPage(session, after);
  // The history has what the memory no longer has.
  const isEvicted = session.events.evictedAfter(page.afterSequence) !== null;
  if (!isEvicted || store === null) return sendPage(reply, page);
  return readStored(session.name, session.events.lastSequence, after, store).then((stored) =>
    sendPage(reply, stored.events.length > 0 ? stored : page),
  );
}

async function sendStored(
  request: FastifyRequest<EventsRequest>,
  reply: FastifyReply<EventsRequest>,
  find: (request: FastifyRequest<EventsRequest>) => Promise<RunRecord | null>,
  { store }: SessionReads,
  { stored, stream }: Pick<SessionsRoutesOptions, 'stored' | 'stream'>,
): Promise<FastifyReply<EventsRequest>> {
  const run = await find(request);
  if (run === null || store === null) return reply.code(404).send(unknownSession());
  const after = requestedPosition(request);
  if (after === null) return refusePosition(reply);
  if (!acceptsEventStream(request.headers)) {
    return sendPage(reply, await readStored(run, run.lastSequence, after, store));
  }
  const session = await stored.open(run.sessionId);
  if (session === null) return reply.code(404).send(unknownSession());
  if (session === 'overloaded') {
    reply.header('Retry-After', '5');
    return reply.code(503).send(httpError('overloaded', 'too many stored sessions are read; try again later'));
  }
  reply.raw.once('close', session.release);
  return sendStream(session, after, request, reply, stream);
}

/**
 * Who asks for which session, and the epoch of one of its logs if the request names one.
 *
 * @throws QueryError
 */
export function requestedRun(request: FastifyRequest<SessionRequest>): [Grant, string, string | undefined] {
  const epoch: unknown = request.query.epoch;
  if (epoch !== undefined && typeof epoch !== 'string') throw new QueryError('epoch may occur once');
  return [grantOf(request), request.params.sessionId, epoch];
}

/** The answer to a request for a session that is neither held nor stored, or that the grant does not cover. */
export function unknownSession(): HttpError {
  return httpError('unknown-session', 'the server holds no session with this id');
}

function sendStream(
  session: ReadableSession,
  after: EventPosition,
  request: FastifyRequest<EventsRequest>,
  reply: FastifyReply<EventsRequest>,
  stream: SessionsRoutesOptions['stream'],
): FastifyReply<EventsRequest> {
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

/** A part of a log, and where it was read. */
interface LogPage {
  readonly epoch: string;
  readonly afterSequence: number;
  readonly events: readonly { readonly sequence: number; readonly json: Uint8Array }[];
  readonly dropped: readonly object[];
  /** Sequence to go on after if there are no events. */
  readonly otherwise: number;
}

function readPage({ events: log }: Session, after: EventPosition): LogPage {
  const { afterSequence, restarted } = log.resume(after);
  const events = log.after(afterSequence, PAGE_EVENTS, PAGE_BYTES);
  const dropped = [restarted, log.evictedAfter(afterSequence)].filter((told) => told !== null);
  return { epoch: log.epoch, afterSequence, events, dropped, otherwise: afterSequence };
}

/** @param lastSequence - of the newest event that readers may see. */
async function readStored(
  name: RunName,
  lastSequence: number,
  after: EventPosition,
  store: HistoryStore,
): Promise<LogPage> {
  const { epoch } = name;
  const { afterSequence, restarted } = resumeLog({ epoch, lastSequence }, after);
  const page = await store.events(name, afterSequence, PAGE_EVENTS, PAGE_BYTES);
  const events = page.events.filter(({ sequence }) => sequence <= lastSequence);
  // Retention deletes all events of a session at once.
  const first = events[0]?.sequence ?? lastSequence + 1;
  const dropped = [restarted, evictedBefore(epoch, afterSequence, first)].filter((told) => told !== null);
  return { epoch, afterSequence, events, dropped, otherwise: Math.max(afterSequence, first - 1) };
}

function sendPage(reply: FastifyReply<EventsRequest>, page: LogPage): FastifyReply<EventsRequest> {
  const { epoch, events, dropped, otherwise } = page;
  const nextAfter = events.at(-1)?.sequence ?? otherwise;
  const next = formatPosition({ epoch, sequence: nextAfter });
  const rest = JSON.stringify({ next, nextAfter, ...(dropped.length > 0 && { dropped }) });
  // The events are already JSON, so they are joined and not serialised again.
  const parts = events.flatMap((event, i) => (i === 0 ? [event.json] : [COMMA, event.json]));
  const body = Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from(`],${rest.slice(1)}`)]);
  return reply.type('application/json; charset=utf-8').send(body);
}

const COMMA = Buffer.from(',');

/** Null when the request's text is no position. */
function requestedPosition({ headers, query }: FastifyRequest<EventsRequest>): EventPosition | null {
  const lastEventId = acceptsEventStream(headers) ? headers['last-event-id'] : undefined;
  const text: unknown = typeof lastEventId === 'string' ? lastEventId : query.after;
  if (text === undefined || text === '') return LOG_START;
  return typeof text === 'string' ? parsePosition(text) : null;
}

function refusePosition(reply: FastifyReply<EventsRequest>): FastifyReply<EventsRequest> {
  const expected = 'after and Last-Event-ID are a sequence from 0, or <epoch>:<sequence>';
  return reply.code(400).send(httpError('invalid-after', expected));
}

import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  ALL_SESSIONS,
  type EmotionEvent,
  EVENT_TYPES,
  type EventPosition,
  type EventsDropped,
  formatPosition,
  isId,
  LOG_START,
  PARTICIPANT_ROLES,
  parsePosition,
} from '../../client-sdk/protocol/index.ts';
import { type AccessControl, acceptsEventStream } from '../access/access-control.ts';
import { covers } from '../access/grant.ts';
import { roleOf } from '../event-log/logged-event.ts';
import { readPage } from '../event-log/read-page.ts';
import { type EventFilter, passes, type ReadableLog } from '../event-log/readable-log.ts';
import { evictedBefore, resumeLog } from '../event-log/resumption.ts';
import type { HistoryStore, RunName } from '../history/history-store.ts';
import type { StoredLogs } from '../history/stored-logs.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import type { EventReaders } from '../subscribers/event-readers.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';
import type { SessionReads } from './session-reads.ts';
import { requestedRun, type SessionRequest, unknownSession } from './sessions-routes.ts';

export interface EventsRoutesOptions {
  /** Logs who reads which session. */
  readonly access: AccessControl;
  readonly sessions: SessionRegistry;
  readonly reads: SessionReads;
  /** Sessions that are no longer in memory. */
  readonly stored: StoredLogs;
  /** Takes over a response and streams events to it. Returns false when too many readers are open. */
  readonly stream: EventReaders['stream'];
}

/** Events per JSON response. */
const PAGE_EVENTS = 1000;
/** Bytes of events per JSON response. This bounds the memory for a client that does not read it. */
const PAGE_BYTES = 1024 * 1024;
const COMMA = Buffer.from(',');

interface EventsRequest {
  readonly Querystring: {
    readonly after?: string;
    /** Comma-separated. */
    readonly types?: string;
    readonly roles?: string;
    /** `true`: a stream waits for a session that does not exist yet. */
    readonly wait?: string;
  };
}

/** `GET /v1/events` and `/v1/sessions/:sessionId/events`, as a page of JSON or as a stream. */
export function addEventsRoutes(app: Routes, { sessions, reads, stored, stream, access }: EventsRoutesOptions): void {
  const audit = (request: FastifyRequest<EventsRequest>, sessionId: string | null): void => {
    const action = acceptsEventStream(request.headers) ? 'subscribe' : 'read';
    access.audit(action, request.raw, grantOf(request), sessionId);
  };

  /** Streams a log, or that of a session that is still to be opened. */
  const sendStream = (
    request: FastifyRequest<EventsRequest>,
    reply: FastifyReply,
    wanted: Wanted & { readonly sessionId: string; readonly log: ReadableLog | null },
  ): FastifyReply => {
    // Status 204 makes an EventSource stop reconnecting.
    if (wanted.log?.closed === true && hasAll(wanted.log, wanted.after)) return reply.code(204).send();
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    if (!stream(wanted, { request: request.raw, response: reply.raw }, grantOf(request))) {
      reply.raw.writeHead(503, { 'Content-Type': 'application/json', 'Retry-After': '5' });
      reply.raw.end(JSON.stringify(httpError('overloaded', 'too many streams are open; try again later')));
    }
    return reply;
  };

  app.route<EventsRequest>({
    method: 'GET',
    url: '/v1/events',
    exposeHeadRoute: false,
    config: { access: { scope: 'read', ofStreams: 'subscribe' } },
    handler: (request, reply) => {
      if (!covers(grantOf(request), ALL_SESSIONS)) {
        return reply.code(403).send(httpError('forbidden', 'this token is limited to one session; read that session'));
      }
      const wanted = readWanted(request);
      if ('refusal' in wanted) return refuse(reply, wanted);
      audit(request, null);
      const { events: log } = sessions;
      if (!acceptsEventStream(request.headers)) return sendPage(reply, readLog(log, wanted));
      return sendStream(request, reply, { ...wanted, sessionId: ALL_SESSIONS, log });
    },
  });

  app.route<SessionRequest & EventsRequest>({
    method: 'GET',
    url: '/v1/sessions/:sessionId/events',
    exposeHeadRoute: false,
    config: { access: { scope: 'read', ofStreams: 'subscribe' } },
    handler: (request, reply) => {
      const [grant, sessionId, epoch] = requestedRun(request);
      const wanted = readWanted(request);
      if ('refusal' in wanted) return refuse(reply, wanted);
      const wantsStream = acceptsEventStream(request.headers);
      const session = reads.held(grant, sessionId, epoch);
      // A request for a session in memory is answered without a wait, so that its time is counted.
      if (session !== null) {
        audit(request, sessionId);
        if (wantsStream) return sendStream(request, reply, { ...wanted, sessionId, log: session.events });
        return sendHeld(reply, { log: session.events, name: session.name }, wanted, reads.store);
      }
      return wantsStream ? streamStored(request, reply, wanted) : sendStored(request, reply, wanted);
    },
  });

  /** Streams a session that is no longer in memory, or waits for one that does not exist yet, if the request asks for that. */
  const streamStored = async (
    request: FastifyRequest<SessionRequest & EventsRequest>,
    reply: FastifyReply,
    wanted: Wanted,
  ): Promise<FastifyReply> => {
    const { sessionId } = request.params;
    if (!isId(sessionId) || !covers(grantOf(request), sessionId)) return reply.code(404).send(unknownSession());
    const session = await stored.open(sessionId);
    if (session === 'overloaded') {
      reply.header('Retry-After', '5');
      return reply.code(503).send(httpError('overloaded', 'too many stored sessions are read; try again later'));
    }
    if (session === null && request.query.wait !== 'true') return reply.code(404).send(unknownSession());
    audit(request, sessionId);
    if (session !== null) reply.raw.once('close', session.release);
    const log = session?.events ?? sessions.get(sessionId)?.events ?? null;
    return sendStream(request, reply, { ...wanted, sessionId, log });
  };

  const sendStored = async (
    request: FastifyRequest<SessionRequest & EventsRequest>,
    reply: FastifyReply,
    wanted: Wanted,
  ): Promise<FastifyReply> => {
    const { store } = reads;
    const run = await reads.stored(...requestedRun(request));
    if (run === null || store === null) return reply.code(404).send(unknownSession());
    audit(request, run.sessionId);
    return sendPage(reply, await readStored(run, run.lastSequence, wanted, store));
  };
}

/** Which events a request wants. */
interface Wanted {
  readonly after: EventPosition;
  readonly filter: EventFilter;
}

/** What is wrong with a request. */
interface Refused {
  readonly refusal: string;
  readonly expected: string;
}

function refuse(reply: FastifyReply, { refusal, expected }: Refused): FastifyReply {
  return reply.code(400).send(httpError(refusal, expected));
}

function readWanted({ headers, query }: FastifyRequest<EventsRequest>): Wanted | Refused {
  const lastEventId = acceptsEventStream(headers) ? headers['last-event-id'] : undefined;
  const text: unknown = typeof lastEventId === 'string' ? lastEventId : query.after;
  const after = text === undefined || text === '' ? LOG_START : parsePosition(String(text));
  const types = readList(query.types, EVENT_TYPES);
  const roles = readList(query.roles, PARTICIPANT_ROLES);
  if (after === null) {
    const expected = 'after and Last-Event-ID are a sequence from 0, or <epoch>:<sequence>';
    return { refusal: 'invalid-after', expected };
  }
  if (types === null) return { refusal: 'invalid-filter', expected: `types is a list of ${EVENT_TYPES.join(',')}` };
  if (roles === null)
    return { refusal: 'invalid-filter', expected: `roles is a list of ${PARTICIPANT_ROLES.join(',')}` };
  return { after, filter: { ...(types !== undefined && { types }), ...(roles !== undefined && { roles }) } };
}

/** A comma-separated list. Undefined when there is none. Null when it has something else in it. */
function readList<T extends string>(text: unknown, choices: readonly T[]): readonly T[] | undefined | null {
  if (text === undefined) return undefined;
  const asked = String(text).split(',');
  const chosen = asked
    .map((name) => choices.find((choice) => choice === name))
    .filter((choice) => choice !== undefined);
  return chosen.length === asked.length ? chosen : null;
}

function hasAll(log: ReadableLog, after: EventPosition): boolean {
  const { afterSequence, restarted } = log.resume(after);
  return restarted === null && afterSequence >= log.lastSequence;
}

/** A part of a log, and where it was read. */
interface LogPage {
  readonly epoch: string;
  readonly events: readonly { readonly json: Uint8Array }[];
  /** Sequence to go on after. */
  readonly next: number;
  readonly dropped: readonly EventsDropped[];
}

function readLog(log: ReadableLog, { after, filter }: Wanted): LogPage {
  const { afterSequence, restarted } = log.resume(after);
  const { events, next } = readPage(log, afterSequence, { filter, limit: PAGE_EVENTS, maxBytes: PAGE_BYTES });
  const dropped = [restarted, log.evictedAfter(afterSequence)].filter((told) => told !== null);
  return { epoch: log.epoch, events, next, dropped };
}

/** Sends a page of a session in memory. The history has what the memory no longer has. */
function sendHeld(
  reply: FastifyReply,
  { log, name }: { readonly log: ReadableLog; readonly name: RunName },
  wanted: Wanted,
  store: HistoryStore | null,
): FastifyReply | Promise<FastifyReply> {
  const { afterSequence } = log.resume(wanted.after);
  const page = readLog(log, wanted);
  if (log.evictedAfter(afterSequence) === null || store === null) return sendPage(reply, page);
  return readStored(name, log.lastSequence, wanted, store).then((stored) =>
    sendPage(reply, stored.next > afterSequence ? stored : page),
  );
}

/** @param lastSequence - of the newest event that readers may see. */
async function readStored(
  name: RunName,
  lastSequence: number,
  { after, filter }: Wanted,
  store: HistoryStore,
): Promise<LogPage> {
  const { epoch } = name;
  const { afterSequence, restarted } = resumeLog({ epoch, lastSequence }, after);
  const page = await store.events(name, afterSequence, PAGE_EVENTS, PAGE_BYTES);
  const events = page.events.filter(({ sequence }) => sequence <= lastSequence);
  // Retention deletes all events of a session at once.
  const first = events[0]?.sequence ?? lastSequence + 1;
  const dropped = [restarted, evictedBefore(epoch, afterSequence, first)].filter((told) => told !== null);
  const next = events.at(-1)?.sequence ?? Math.max(afterSequence, first - 1);
  return { epoch, events: events.filter(({ json }) => passesAsStored(filter, json)), next, dropped };
}

function passesAsStored(filter: EventFilter, json: Uint8Array): boolean {
  if (filter.types === undefined && filter.roles === undefined) return true;
  const event = JSON.parse(new TextDecoder().decode(json)) as EmotionEvent;
  return passes(filter, { type: event.type, role: roleOf(event) });
}

function sendPage(reply: FastifyReply, { epoch, events, next: nextAfter, dropped }: LogPage): FastifyReply {
  const next = formatPosition({ epoch, sequence: nextAfter });
  const rest = JSON.stringify({ next, nextAfter, ...(dropped.length > 0 && { dropped }) });
  // The events are already JSON, so they are joined and not serialised again.
  const parts = events.flatMap((event, i) => (i === 0 ? [event.json] : [COMMA, event.json]));
  const body = Buffer.concat([Buffer.from('{"events":['), ...parts, Buffer.from(`],${rest.slice(1)}`)]);
  return reply.type('application/json; charset=utf-8').send(body);
}

import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CallSummary, HttpError, SessionErased } from '../../client-sdk/protocol/index.ts';
import type { Clock } from '../../pipeline/index.ts';
import type { AccessControl } from '../access/access-control.ts';
import { EXPORT_FORMATS, EXPORT_TYPES, exportHistory } from '../history/export-history.ts';
import type { HistoryStore, RunRecord, SessionQuery } from '../history/history-store.ts';
import type { ServerHistory } from '../history/server-history.ts';
import { summarizeRun } from '../history/session-summary.ts';
import { CallTally } from '../history/summarize-call.ts';
import type { ExportPace } from '../limits/export-pace.ts';
import type { SessionRegistry } from '../sessions/session-registry.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';
import { parseChoice, parseSessionQuery, type QueryString } from './session-query.ts';
import { type SessionReads, within } from './session-reads.ts';
import { requestedRun, type SessionRequest, unknownSession } from './sessions-routes.ts';

export interface HistoryRoutesOptions {
  /** Logs who exports and erases what. */
  readonly access: AccessControl;
  readonly sessions: SessionRegistry;
  readonly history: ServerHistory;
  readonly reads: SessionReads;
  readonly clock: Clock;
  readonly exports: ExportPace;
}

/** Utterances that are read at once. */
const PAGE_ROWS = 1000;

/**
 * `GET /v1/sessions/:sessionId/summary`, `/v1/sessions/:sessionId/export`, `/v1/export`, and
 * `DELETE /v1/sessions/:sessionId`.
 */
export function addHistoryRoutes(app: Routes, options: HistoryRoutesOptions): void {
  const { access, history, reads } = options;

  /** The run that a request asks for, if its grant covers it. One that has just begun may not be stored yet. */
  const find = async (request: FastifyRequest<SessionRequest>): Promise<RunRecord | null> => {
    const asked = requestedRun(request);
    return reads.held(...asked)?.record() ?? reads.stored(...asked);
  };

  app.route<SessionRequest>({
    method: 'GET',
    url: '/v1/sessions/:sessionId/summary',
    config: { access: { scope: 'read' } },
    handler: async (request, reply): Promise<CallSummary | HttpError> => {
      const run = await find(request);
      if (run === null) return reply.code(404).send(unknownSession());
      access.audit('read', request.raw, grantOf(request), run.sessionId);
      return { session: summarizeRun(run), participants: await summarize(history.store, run) };
    },
  });

  app.route<SessionRequest & { Querystring: QueryString }>({
    method: 'GET',
    url: '/v1/sessions/:sessionId/export',
    exposeHeadRoute: false,
    config: { access: { scope: 'read' } },
    handler: async (request, reply) => {
      const run = await find(request);
      if (run === null) return reply.code(404).send(unknownSession());
      access.audit('export', request.raw, grantOf(request), run.sessionId);
      return sendExport(request, reply, run, options);
    },
  });

  app.route<{ Querystring: QueryString }>({
    method: 'GET',
    url: '/v1/export',
    exposeHeadRoute: false,
    config: { access: { scope: 'read' } },
    handler: async (request, reply) => {
      const grant = grantOf(request);
      const query = parseSessionQuery(request.query, ['format']);
      access.audit('export', request.raw, grant, grant.session ?? null);
      return sendExport(request, reply, within(grant, query), options);
    },
  });

  app.route<SessionRequest>({
    method: 'DELETE',
    url: '/v1/sessions/:sessionId',
    config: { access: { scope: 'session:erase' } },
    handler: async (request, reply): Promise<SessionErased | HttpError> => {
      const { sessionId } = request.params;
      const session = reads.held(grantOf(request), sessionId);
      if (session === null && (await reads.stored(grantOf(request), sessionId)) === null) {
        return reply.code(404).send(unknownSession());
      }
      if (session?.state === 'live') {
        return reply.code(409).send(httpError('session-live', 'the session is live; end it first'));
      }
      access.audit('erase', request.raw, grantOf(request), sessionId);
      return erase(sessionId, options);
    },
  });
}

async function summarize(store: HistoryStore, run: RunRecord): Promise<CallSummary['participants']> {
  const tally = new CallTally();
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const page = await store.utterances(run, cursor ?? null, PAGE_ROWS);
    for (const utterance of page.utterances) tally.add(utterance);
    cursor = page.next;
  }
  return tally.participants;
}

/** Erases a session from the history and from memory. */
async function erase(
  sessionId: string,
  { history, sessions, clock }: Pick<HistoryRoutesOptions, 'history' | 'sessions' | 'clock'>,
): Promise<SessionErased> {
  const nowMs = clock.scheduler.now();
  const held = sessions.get(sessionId)?.events.epoch ?? null;
  // Without a history, what is in memory is all there is. But if it only could not be opened, more is stored.
  const isAll = history.readable === null && history.outage === null;
  const erased = isAll ? { sessions: 1, events: 0, words: 0 } : await history.store.erase(sessionId, held, nowMs);
  sessions.forget(sessionId);
  return erased;
}

async function sendExport(
  request: FastifyRequest<{ Querystring: QueryString }>,
  reply: FastifyReply,
  what: RunRecord | SessionQuery,
  { history, exports }: Pick<HistoryRoutesOptions, 'history' | 'exports'>,
): Promise<FastifyReply> {
  const format = parseChoice(request.query, 'format', EXPORT_FORMATS, 'utterances-jsonl');
  const parts = exportHistory(history.store, what, format);
  if (!exports.admit(request.raw, reply.raw)) {
    reply.header('Retry-After', '5');
    return reply.code(503).send(httpError('overloaded', 'too many exports are running; try again later'));
  }
  const name = `undertone-${format.replace('-', '.')}`;
  return reply
    .type(EXPORT_TYPES[format])
    .header('Connection', 'close')
    .header('Content-Disposition', `attachment; filename="${name}"`)
    .send(Readable.from(exports.slow(parts, request.raw), { objectMode: false }));
}

import type { FastifyRequest } from 'fastify';
import type { HttpError, SessionList, SessionSummary } from '../../client-sdk/protocol/index.ts';
import type { AccessControl } from '../access/access-control.ts';
import type { Grant } from '../access/grant.ts';
import { summarizeRun } from '../history/session-summary.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';
import { parseSessionQuery, QueryError, type QueryString } from './session-query.ts';
import type { SessionReads } from './session-reads.ts';

export interface SessionsRoutesOptions {
  /** Logs who reads which session. */
  readonly access: AccessControl;
  readonly reads: SessionReads;
}

/** A request for one session: the newest with this id, or the one of an epoch. */
export type SessionRequest = { Params: { sessionId: string }; Querystring: { epoch?: string } };

/** `GET /v1/sessions` and `/v1/sessions/:sessionId`. */
export function addSessionsRoutes(app: Routes, { reads, access }: SessionsRoutesOptions): void {
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
      const asked = requestedRun(request);
      const session = reads.held(...asked);
      const run = session === null ? await reads.stored(...asked) : null;
      if (session === null && run === null) return reply.code(404).send(unknownSession());
      access.audit('read', request.raw, grantOf(request), request.params.sessionId);
      return session?.summary() ?? summarizeRun(run!);
    },
  });
}

/**
 * Who asks for which session, and of which epoch.
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

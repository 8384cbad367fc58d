import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccessControl } from '../access/access-control.ts';
import type { Grant, Scope } from '../access/grant.ts';
import { withinGrant } from '../access/within-grant.ts';
import type { OfferAnswered, OfferRefused } from '../ports/offer-outcome.ts';
import { grantOf, type Routes } from './guard.ts';
import { httpError } from './http-error.ts';

/** The service behind the routes of one endpoint. */
export interface OfferService {
  /** `Link` values with the ICE servers. */
  links(): readonly string[];
  offer(
    sdp: string,
    query: Readonly<Record<string, string | undefined>>,
    grant: Grant,
  ): Promise<OfferAnswered | OfferRefused>;
  /** Null when the candidates were accepted. */
  trickle(resourceId: string, grant: Grant, ifMatch: string | undefined, fragment: string): OfferRefused | null;
  /** False when the holder has no peer with this id. */
  end(resourceId: string, grant: Grant): boolean;
}

export interface WebRtcRoutesOptions {
  /** Logs who listens. */
  readonly access: AccessControl;
  readonly whip: OfferService;
  readonly whep: OfferService;
  /** Largest offer, in bytes. */
  readonly maxOfferBytes: number;
}

interface Endpoint {
  /** Address of the endpoint. The addresses of its peers are below it. */
  readonly path: string;
  readonly peer: 'publisher' | 'listener';
  readonly queryNames: readonly string[];
  /** The scope that a credential must have. */
  readonly scope: Scope;
  readonly service: OfferService;
  /** Called for each admitted peer, with the session that it asked for. */
  readonly onAnswered?: (request: FastifyRequest, session: string | null) => void;
}

const WHIP_PATH = '/v1/whip';
const WHEP_PATH = '/v1/whep';
const SDP = 'application/sdp';
const ICE_FRAGMENT = 'application/trickle-ice-sdpfrag';
const RESOURCE_METHODS = 'PATCH, DELETE, OPTIONS';
const RETRY_AFTER_SECONDS = 5;
/** Errors that the client may retry. */
const RETRYABLE: readonly string[] = ['shutdown', 'overloaded', 'too-fast', 'not-publishing'];

type ResourceRequest = { Params: { resourceId: string } };

/**
 * `POST`, `OPTIONS /v1/whip` and `PATCH`, `DELETE`, `OPTIONS /v1/whip/:resourceId` (RFC 9725), and the same for `/v1/whep`
 * (draft-ietf-wish-whep).
 */
export function addWebRtcRoutes(app: Routes, options: WebRtcRoutesOptions): void {
  const { access, whip, whep, maxOfferBytes } = options;
  for (const type of [SDP, ICE_FRAGMENT]) {
    const options = { parseAs: 'string', bodyLimit: maxOfferBytes } as const;
    app.addContentTypeParser(type, options, (_request, body, done) => done(null, body));
  }
  const published = ['session', 'title', 'participant', 'role', 'name'];
  addEndpoint(app, maxOfferBytes, {
    path: WHIP_PATH,
    peer: 'publisher',
    queryNames: published,
    scope: 'publish',
    service: whip,
  });
  addEndpoint(app, maxOfferBytes, {
    path: WHEP_PATH,
    peer: 'listener',
    queryNames: ['session', 'participant'],
    scope: 'listen',
    onAnswered: (request, session) => access.audit('listen', request.raw, grantOf(request), session),
    service: whep,
  });
}

function addEndpoint(app: Routes, bodyLimit: number, endpoint: Endpoint): void {
  const { path, peer, queryNames, scope, service, onAnswered } = endpoint;
  const begins = { access: { scope } };
  const continues = { access: { scope, continues: true } };

  app.route({
    method: 'OPTIONS',
    url: path,
    config: continues,
    handler: (_request, reply) =>
      reply
        .header('Accept-Post', SDP)
        .header('Link', [...service.links()])
        .code(204)
        .send(),
  });

  app.route<ResourceRequest>({
    method: 'OPTIONS',
    url: `${path}/:resourceId`,
    config: continues,
    handler: (_request, reply) =>
      reply.header('Allow', RESOURCE_METHODS).header('Accept-Patch', ICE_FRAGMENT).code(204).send(),
  });

  app.route<{ Querystring: Record<string, unknown> }>({
    method: 'POST',
    url: path,
    bodyLimit,
    config: begins,
    handler: async (request, reply) => {
      if (!isOf(request, SDP)) return unsupported(reply, SDP);
      const values: Record<string, string | undefined> = {};
      for (const name of queryNames) {
        const value = request.query[name];
        if (value !== undefined && typeof value !== 'string') return badQuery(reply, name);
        values[name] = value;
      }
      const { traceparent } = request.headers;
      if (typeof traceparent === 'string') values.traceparent = traceparent;
      const grant = grantOf(request);
      const granted = withinGrant(values, grant);
      if (granted === null) {
        return reply.code(403).send(httpError('forbidden', 'the access token is for another session or participant'));
      }
      const result = await service.offer(String(request.body), granted, grant);
      if (result.kind === 'refused') return refuse(reply, result);
      onAnswered?.(request as FastifyRequest, granted.session ?? null);
      if (result.sessionId !== undefined) reply.header('Undertone-Session', result.sessionId);
      return reply
        .code(201)
        .header('Location', `${path}/${result.resourceId}`)
        .header('ETag', result.etag)
        .header('Link', [...result.links])
        .header('Accept-Patch', ICE_FRAGMENT)
        .type(SDP)
        .send(result.answer);
    },
  });

  app.route<ResourceRequest>({
    method: 'PATCH',
    url: `${path}/:resourceId`,
    bodyLimit,
    config: continues,
    handler: (request, reply) => {
      // An offer in a PATCH would be a renegotiation, which is not supported.
      if (!isOf(request, ICE_FRAGMENT)) return unsupported(reply, ICE_FRAGMENT);
      const { resourceId } = request.params;
      const ifMatch = request.headers['if-match'];
      const refusal = service.trickle(resourceId, grantOf(request), ifMatch, String(request.body));
      return refusal === null ? reply.code(204).send() : refuse(reply, refusal);
    },
  });

  app.route<ResourceRequest>({
    method: 'DELETE',
    url: `${path}/:resourceId`,
    config: continues,
    handler: (request, reply) => {
      if (service.end(request.params.resourceId, grantOf(request))) return reply.code(200).send();
      return reply.code(404).send(httpError(`unknown-${peer}`, `there is no ${peer} at this address`));
    },
  });

  const notAllowed = (allow: string) => (_request: unknown, reply: FastifyReply) =>
    reply
      .code(405)
      .header('Allow', allow)
      .send(httpError('method-not-allowed', `this address takes ${allow}`));
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: path,
    config: continues,
    handler: notAllowed('POST, OPTIONS'),
  });
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'POST'],
    url: `${path}/:resourceId`,
    config: continues,
    handler: notAllowed(RESOURCE_METHODS),
  });
}

function isOf({ headers }: FastifyRequest<ResourceRequest> | FastifyRequest, type: string): boolean {
  return headers['content-type']?.split(';', 1)[0]?.trim() === type;
}

function refuse(reply: FastifyReply, { status, code, message }: OfferRefused): FastifyReply {
  if (RETRYABLE.includes(code)) reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
  return reply.code(status).send(httpError(code, message));
}

function unsupported(reply: FastifyReply, type: string): FastifyReply {
  const header = type === SDP ? 'Accept-Post' : 'Accept-Patch';
  return reply
    .code(415)
    .header(header, type)
    .send(httpError('unsupported-media-type', `the body must be ${type}`));
}

function badQuery(reply: FastifyReply, name: string): FastifyReply {
  return reply.code(400).send(httpError('bad-request', `the address may have ${name} only once`));
}

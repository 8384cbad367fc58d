import type { FastifyInstance, FastifyReply } from 'fastify';
import { httpError } from './sessions-routes.ts';

/** A request that was not granted. */
export interface WhipRefused {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface WhipAnswered {
  readonly kind: 'answered';
  readonly resourceId: string;
  readonly sessionId: string;
  readonly answer: string;
  readonly etag: string;
  readonly links: readonly string[];
}

/** What stands behind the WHIP routes. */
export interface WhipService {
  /** `Link` values with the ICE servers. */
  links(): readonly string[];
  offer(sdp: string, query: Readonly<Record<string, string | undefined>>): Promise<WhipAnswered | WhipRefused>;
  /** Null when the candidates were taken. */
  trickle(resourceId: string, ifMatch: string | undefined, fragment: string): WhipRefused | null;
  end(resourceId: string): boolean;
}

export interface WhipRoutesOptions {
  readonly whip: WhipService;
  /** Largest offer, in bytes. */
  readonly maxOfferBytes: number;
}

/** Path of the WHIP endpoint; a publisher's own address lies below it. */
export const WHIP_PATH = '/v1/whip';

const QUERY_NAMES = ['session', 'title', 'participant', 'role', 'name'] as const;
const SDP = 'application/sdp';
const ICE_FRAGMENT = 'application/trickle-ice-sdpfrag';
const RETRY_AFTER_SECONDS = 5;

type ResourceRequest = { Params: { resourceId: string } };

/** `POST`, `OPTIONS /v1/whip` and `PATCH`, `DELETE /v1/whip/:resourceId` (RFC 9725). */
export function addWhipRoutes(app: FastifyInstance, { whip, maxOfferBytes: bodyLimit }: WhipRoutesOptions): void {
  for (const type of [SDP, ICE_FRAGMENT]) {
    app.addContentTypeParser(type, { parseAs: 'string', bodyLimit }, (_request, body, done) => done(null, body));
  }
  const only = (type: string) => (contentType: string | undefined) => contentType?.split(';', 1)[0]?.trim() === type;
  const [isSdp, isFragment] = [only(SDP), only(ICE_FRAGMENT)];

  app.options(WHIP_PATH, (_request, reply) =>
    reply
      .header('Accept-Post', SDP)
      .header('Link', [...whip.links()])
      .code(204)
      .send(),
  );

  app.post<{ Querystring: Record<string, unknown> }>(WHIP_PATH, { bodyLimit }, async (request, reply) => {
    if (!isSdp(request.headers['content-type'])) return unsupported(reply, SDP);
    const values: Record<string, string | undefined> = {};
    for (const name of QUERY_NAMES) {
      const value = request.query[name];
      if (value !== undefined && typeof value !== 'string') return badQuery(reply, name);
      values[name] = value;
    }
    const { traceparent } = request.headers;
    if (typeof traceparent === 'string') values.traceparent = traceparent;
    const result = await whip.offer(String(request.body), values);
    if (result.kind === 'refused') return refuse(reply, result);
    return reply
      .code(201)
      .header('Location', `${WHIP_PATH}/${result.resourceId}`)
      .header('ETag', result.etag)
      .header('Link', [...result.links])
      .header('Accept-Patch', ICE_FRAGMENT)
      .header('Undertone-Session', result.sessionId)
      .type(SDP)
      .send(result.answer);
  });

  app.patch<ResourceRequest>(`${WHIP_PATH}/:resourceId`, { bodyLimit }, (request, reply) => {
    // An offer here would renegotiate the session, which it cannot.
    if (!isFragment(request.headers['content-type'])) return unsupported(reply, ICE_FRAGMENT);
    const refusal = whip.trickle(request.params.resourceId, request.headers['if-match'], String(request.body));
    return refusal === null ? reply.code(204).send() : refuse(reply, refusal);
  });

  app.delete<ResourceRequest>(`${WHIP_PATH}/:resourceId`, (request, reply) => {
    if (whip.end(request.params.resourceId)) return reply.code(200).send();
    return reply.code(404).send(httpError('unknown-publisher', 'there is no publisher at this address'));
  });

  const notAllowed = (allow: string) => (_request: unknown, reply: FastifyReply) =>
    reply
      .code(405)
      .header('Allow', allow)
      .send(httpError('method-not-allowed', `this address takes ${allow}`));
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: WHIP_PATH,
    handler: notAllowed('POST, OPTIONS'),
  });
  app.route({
    method: ['GET', 'HEAD', 'PUT', 'POST'],
    url: `${WHIP_PATH}/:resourceId`,
    handler: notAllowed('PATCH, DELETE'),
  });
}

function refuse(reply: FastifyReply, { status, code, message }: WhipRefused): FastifyReply {
  if (status === 503) reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
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
  return reply.code(400).send(httpError('bad-request', `${name} may stand in the address once`));
}

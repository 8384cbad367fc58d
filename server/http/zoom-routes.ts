import type { AccessControl } from '../access/access-control.ts';
import { grantOfNothing } from '../access/grant.ts';
import { type Routes, refuseForNow } from './guard.ts';

/** The service behind the Zoom routes. */
export interface ZoomService {
  /** Receives a webhook as raw bytes, because the signature covers the bytes. */
  receive(webhook: {
    readonly body: Buffer;
    readonly timestamp: string | undefined;
    readonly signature: string | undefined;
  }): { readonly status: number; readonly body?: object };
}

export interface ZoomRoutesOptions {
  /** Counts wrong signatures. */
  readonly access: AccessControl;
  /** Null when no Zoom app is configured. The route then does not exist. */
  readonly zoom: ZoomService | null;
}

const ZOOM_PATH = '/v1/zoom';

/** Largest webhook, in bytes. Zoom's webhooks about RTMS have a few hundred. */
const MAX_WEBHOOK_BYTES = 64 * 1024;

/** `POST /v1/zoom`. */
export function addZoomRoutes(app: Routes, { zoom, access }: ZoomRoutesOptions): void {
  if (zoom === null) return;
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_WEBHOOK_BYTES }, (_request, body, done) =>
      done(null, body),
    );
    scope.route({
      method: 'POST',
      url: ZOOM_PATH,
      bodyLimit: MAX_WEBHOOK_BYTES,
      config: { access: { open: 'signed-webhook' } },
      handler: (request, reply) => {
        const { 'x-zm-request-timestamp': timestamp, 'x-zm-signature': signature } = request.headers;
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        let answer: ReturnType<ZoomService['receive']> = { status: 401 };
        const proof = access.prove(request.raw, 'zoom', () => {
          answer = zoom.receive({ body, timestamp: oneOf(timestamp), signature: oneOf(signature) });
          return answer.status === 401 ? null : grantOfNothing('zoom');
        });
        return proof === 'too-fast' ? refuseForNow(reply) : reply.code(answer.status).send(answer.body);
      },
    });
  });
}

function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}

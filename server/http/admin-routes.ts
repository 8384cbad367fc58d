import type { AccessControl } from '../access/access-control.ts';
import { grantOf, type Routes } from './guard.ts';

export interface AdminRoutesOptions {
  /** Logs who stops the server. */
  readonly access: AccessControl;
  /** Starts to drain the server, as SIGTERM does. */
  readonly onDrain: () => void;
}

/** `POST /admin/drain`. */
export function addAdminRoutes(app: Routes, { access, onDrain }: AdminRoutesOptions): void {
  app.route({
    method: 'POST',
    url: '/admin/drain',
    config: { access: { scope: 'drain' } },
    handler: async (request, reply) => {
      access.audit('drain', request.raw, grantOf(request), null);
      // The answer goes first, because draining refuses and closes connections.
      reply.raw.once('close', onDrain);
      return reply.code(202).send({ status: 'draining' });
    },
  });
}

import { createHash } from 'node:crypto';
import type { DashboardFile } from '../dashboard/dashboard-file.ts';
import type { Routes } from './guard.ts';

export interface Dashboard {
  /** Files by URL path. */
  readonly files: ReadonlyMap<string, DashboardFile>;
  /** `content-security-policy` of the pages. It is sent with every response. */
  readonly contentSecurityPolicy: string;
}

/** Serves the built dashboard: `/` and its files. Each file has an ETag, so a reload transfers no unchanged bytes. */
export function addDashboardRoutes(app: Routes, files: ReadonlyMap<string, DashboardFile>): void {
  for (const [path, { contentType, body }] of files) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    app.route({
      method: 'GET',
      url: path,
      config: { access: { open: 'dashboard' } },
      handler: (request, reply) => {
        reply.header('ETag', etag).header('Cache-Control', 'no-cache');
        if (request.headers['if-none-match'] === etag) return reply.code(304).send();
        return reply.type(contentType).send(bytes);
      },
    });
  }
}

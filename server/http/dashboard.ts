import { createHash } from 'node:crypto';
import type { Routes } from './guard.ts';

/** A file of the dashboard, by URL path. */
export interface DashboardFile {
  readonly contentType: string;
  readonly body: Uint8Array;
}

export interface Dashboard {
  readonly files: ReadonlyMap<string, DashboardFile>;
  /** What the pages may load; sent with every answer. */
  readonly contentSecurityPolicy: string;
}

/** Serves the built dashboard: `/` and its files, each with an ETag, so that a reload moves no bytes. */
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

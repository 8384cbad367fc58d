import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { bundleOptions } from './bundle.ts';

/** One file of the dashboard, ready to be served. */
export interface DashboardFile {
  /** Value of the `content-type` header. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * The `content-security-policy` that the dashboard is written for. `blob:` scripts are the audio worklet of the
 * browser publisher; styles come from one file and the CSSOM only.
 */
export const DASHBOARD_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self' blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Bundles the dashboard in memory. Keys are absolute URL paths (`/`, `/assets/dashboard.js`, …); the page needs
 * nothing but these files.
 *
 * @throws esbuild's `BuildFailure` when the sources do not compile.
 */
export async function buildDashboard(): Promise<Map<string, DashboardFile>> {
  const [bundle, page, icon] = await Promise.all([
    build({ ...bundleOptions('main.tsx'), format: 'esm', entryNames: 'dashboard' }),
    readFile(new URL('index.html', import.meta.url)),
    readFile(new URL('favicon.svg', import.meta.url)),
  ]);
  const files = new Map<string, DashboardFile>([
    ['/', { contentType: 'text/html; charset=utf-8', body: page }],
    ['/favicon.svg', { contentType: 'image/svg+xml', body: icon }],
  ]);
  for (const output of bundle.outputFiles) {
    const isStyle = output.path.endsWith('.css');
    files.set(isStyle ? '/assets/dashboard.css' : '/assets/dashboard.js', {
      contentType: isStyle ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
      body: output.contents,
    });
  }
  return files;
}

import { readFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { AUDIO_WORKLET_SOURCE } from '../../client-sdk/index.ts';
import { bundleOptions } from './bundle.ts';
import type { DashboardFile } from './dashboard-file.ts';

const SCRIPT = 'text/javascript; charset=utf-8';

/**
 * The `content-security-policy` of the dashboard. The page may only use its own origin, also for WebSockets: no worker,
 * no `blob:` and no other server. Styles may only come from one file and the CSSOM.
 */
export const DASHBOARD_CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "worker-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Bundles the dashboard in memory. Keys are absolute URL paths (`/`, `/assets/dashboard.js`, …). The page needs no
 * other files.
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
    ['/assets/audio-worklet.js', { contentType: SCRIPT, body: new TextEncoder().encode(AUDIO_WORKLET_SOURCE) }],
  ]);
  for (const output of bundle.outputFiles) {
    const isStyle = output.path.endsWith('.css');
    files.set(isStyle ? '/assets/dashboard.css' : '/assets/dashboard.js', {
      contentType: isStyle ? 'text/css; charset=utf-8' : SCRIPT,
      body: output.contents,
    });
  }
  return files;
}

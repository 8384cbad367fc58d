import { beforeAll, describe, expect, it } from 'vitest';
import { buildDashboard, DASHBOARD_CONTENT_SECURITY_POLICY } from '../../../server/dashboard/build.ts';
import type { DashboardFile } from '../../../server/dashboard/dashboard-file.ts';

let files: Map<string, DashboardFile>;
let buildMs: number;

beforeAll(async () => {
  const startMs = performance.now();
  files = await buildDashboard();
  buildMs = performance.now() - startMs;
});

describe('the built dashboard', () => {
  it('is a page, scripts, a style and an icon, each with its type', () => {
    expect(Object.fromEntries([...files].map(([path, { contentType }]) => [path, contentType]))).toEqual({
      '/': 'text/html; charset=utf-8',
      '/assets/dashboard.js': 'text/javascript; charset=utf-8',
      '/assets/audio-worklet.js': 'text/javascript; charset=utf-8',
      '/assets/dashboard.css': 'text/css; charset=utf-8',
      '/favicon.svg': 'image/svg+xml',
    });
  });

  // A third of a second on an idle machine.
  it('is built in seconds, also on a busy machine', () => {
    expect(buildMs).toBeLessThan(10_000);
  });

  it('loads nothing but its own files', () => {
    const page = text('/');
    const loaded = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(loaded.length).toBeGreaterThan(0);
    for (const path of loaded) expect(files.has(path), path).toBe(true);
    expect(text('/assets/dashboard.css')).not.toMatch(/@import|url\(/);
  });

  it('carries no inline script or style, which its content security policy forbids', () => {
    expect(text('/')).not.toMatch(/<style|style="|<script[^>]*>[^<]|\son\w+=/);
  });

  it('connects to its own origin only, and runs no script from elsewhere', () => {
    const policy = new Map(
      DASHBOARD_CONTENT_SECURITY_POLICY.split('; ').map((directive) => {
        const [name = '', ...sources] = directive.split(' ');
        return [name, sources];
      }),
    );
    expect(policy.get('default-src')).toEqual(["'none'"]);
    for (const name of ['script-src', 'connect-src', 'style-src', 'img-src'])
      expect(policy.get(name)).toEqual(["'self'"]);
    expect(DASHBOARD_CONTENT_SECURITY_POLICY).not.toMatch(/blob:|data:|ws:|wss:|https?:|\*|unsafe/);
  });

  it('stays small enough for a phone', () => {
    expect(files.get('/assets/dashboard.js')!.body.length).toBeLessThan(200_000);
    expect(files.get('/assets/dashboard.css')!.body.length).toBeLessThan(40_000);
  });
});

function text(path: string): string {
  return new TextDecoder().decode(files.get(path)!.body);
}

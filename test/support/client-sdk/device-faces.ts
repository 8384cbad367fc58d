import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { BrowserContext, Page } from 'playwright-core';
import { makeFaceModel } from '../../../client-sdk/examples/meeting-plugin/make-face-model.ts';

const TASKS_VISION = new URL('../../../node_modules/@mediapipe/tasks-vision/', import.meta.url);
const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
};

/**
 * Bundles `source` into a browser script. Imports are relative to `client-sdk/`. MediaPipe's bundle stays a separate
 * file.
 */
export async function bundleForPage(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: source,
      resolveDir: fileURLToPath(new URL('../../../client-sdk', import.meta.url)),
      loader: 'ts',
    },
    bundle: true,
    format: 'iife',
    globalName: 'sdk',
    alias: { '@mediapipe/tasks-vision': fileURLToPath(new URL('vision_bundle.mjs', TASKS_VISION)) },
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

/**
 * Answers a page's requests for `/mediapipe/…` with MediaPipe's files. Requests to all other hosts are refused and
 * recorded.
 */
export async function serveMediaPipe(
  context: BrowserContext,
  { model = true }: { model?: boolean } = {},
): Promise<string[]> {
  const strangers: string[] = [];
  await context.route('**/*', (route) => {
    const { hostname, pathname } = new URL(route.request().url());
    if (hostname !== '127.0.0.1' && hostname !== '') {
      strangers.push(hostname);
      return route.abort();
    }
    if (pathname.endsWith('/mediapipe/blaze_face_short_range.tflite')) {
      return model ? route.fulfill({ body: Buffer.from(makeFaceModel()) }) : route.fulfill({ status: 404 });
    }
    const file = /\/mediapipe\/(wasm\/[\w.]+)$/.exec(pathname)?.[1];
    if (file === undefined) return route.continue();
    const body = readFileSync(new URL(file, TASKS_VISION));
    return route.fulfill({ body, contentType: TYPES[file.split('.').at(-1)!] ?? 'application/octet-stream' });
  });
  return strangers;
}

/** Collects what the page logs, except MediaPipe's own messages. */
export function watchErrors(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  return errors;
}

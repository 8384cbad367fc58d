import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { makeFaceModel } from './make-face-model.ts';

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  wasm: 'application/wasm',
};
const WASM_FOLDER = new URL('wasm/', import.meta.resolve('@mediapipe/tasks-vision'));

/**
 * What a page with this plugin must allow: its own scripts, MediaPipe's WebAssembly, the audio worklet (`blob:`), and
 * the Undertone server.
 */
function contentSecurityPolicy(undertoneUrl: string): string {
  const { origin } = new URL(undertoneUrl);
  return [
    "default-src 'none'",
    "script-src 'self' blob: 'wasm-unsafe-eval'",
    "style-src 'self'",
    'img-src data:',
    'media-src blob:',
    `connect-src 'self' ${origin} ${origin.replace(/^http/, 'ws')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Serves the example page, bundled anew at the start, with MediaPipe's files and the face model beside it. */
export async function createPluginServer(undertoneUrl: string): Promise<Server> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('plugin.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    splitting: true,
    outdir: 'out',
    write: false,
    logLevel: 'silent',
  });
  const files = new Map<string, () => Promise<Uint8Array>>([
    ['/', () => readFile(new URL('index.html', import.meta.url))],
    ['/plugin.css', () => readFile(new URL('plugin.css', import.meta.url))],
    ['/mediapipe/blaze_face_short_range.tflite', async () => makeFaceModel()],
  ]);
  for (const { path, contents } of outputFiles) files.set(`/${path.split(/[/\\]/).at(-1)}`, async () => contents);
  for (const kind of ['vision_wasm_internal', 'vision_wasm_nosimd_internal']) {
    for (const end of ['js', 'wasm']) {
      files.set(`/mediapipe/wasm/${kind}.${end}`, () => readFile(new URL(`${kind}.${end}`, WASM_FOLDER)));
    }
  }
  const policy = contentSecurityPolicy(undertoneUrl);
  return createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    const file = files.get(path);
    if (file === undefined) {
      response.writeHead(404).end();
      return;
    }
    const body = await file();
    const type = TYPES[path === '/' ? 'html' : (path.split('.').at(-1) ?? '')] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': policy });
    response.end(body);
  });
}

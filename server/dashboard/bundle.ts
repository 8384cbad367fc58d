import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** Options that all browser bundles of this folder share. Everything is bundled, and nothing is written to disk. */
export function bundleOptions(entryFile: string): BuildOptions & { write: false } {
  return {
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    entryPoints: [entryFile],
    outdir: 'out',
    bundle: true,
    // The server finds the faces. The SDK loads MediaPipe only for `face: 'device'`.
    external: ['@mediapipe/tasks-vision'],
    minify: true,
    write: false,
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'silent',
  };
}

import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** Options that every browser bundle of this folder shares: nothing external, nothing written to disk. */
export function bundleOptions(entryFile: string): BuildOptions & { write: false } {
  return {
    absWorkingDir: fileURLToPath(new URL('.', import.meta.url)),
    entryPoints: [entryFile],
    outdir: 'out',
    bundle: true,
    // Faces are found by the server here: the SDK loads it only for `face: 'device'`.
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

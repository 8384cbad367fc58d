import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../../../pipeline/features/audio/kernels/', import.meta.url));
const hasCompiler = spawnSync('python3', ['-m', 'ziglang', 'version']).stdout?.toString().trim() === '0.17.1';
if (!hasCompiler) console.warn('SKIPPED: building the kernels, because python3 has no ziglang 0.17.1');

it.skipIf(!hasCompiler)('build.sh makes the very kernels.wasm that is kept', () => {
  const work = mkdtempSync(join(tmpdir(), 'undertone-kernels-'));
  try {
    const { status, stderr } = spawnSync('sh', [`${FOLDER}build.sh`, join(work, 'kernels.wasm')]);
    expect(status, stderr.toString()).toBe(0);
    expect(readFileSync(join(work, 'kernels.wasm')).equals(readFileSync(`${FOLDER}kernels.wasm`))).toBe(true);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

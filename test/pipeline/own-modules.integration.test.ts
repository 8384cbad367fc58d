import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const MODULES = ['pipeline/features/audio/kernels/kernels.wasm', 'pipeline/sync/resampling/convolve.wasm'];
const hasCompiler = spawnSync('python3', ['-m', 'ziglang', 'version']).stdout?.toString().trim() === '0.17.1';
if (!hasCompiler) console.warn('SKIPPED: building our own modules, because python3 has no ziglang 0.17.1');

it.skipIf(!hasCompiler).each(MODULES)('build.sh makes the very %s that is kept', (module) => {
  const kept = fileURLToPath(new URL(`../../${module}`, import.meta.url));
  const work = mkdtempSync(join(tmpdir(), 'undertone-modules-'));
  try {
    const built = join(work, basename(module));
    const { status, stderr } = spawnSync('sh', [join(dirname(kept), 'build.sh'), built]);
    expect(status, stderr.toString()).toBe(0);
    expect(readFileSync(built).equals(readFileSync(kept))).toBe(true);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});

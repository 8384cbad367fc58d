import { spawnSync } from 'node:child_process';
import { existsSync, globSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { unusableFiles } from '../../../server/install/unusable-files.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Size of a production installation on Linux x64, the repository's files included, in bytes. */
const MAX_BYTES = 450e6;

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** Size of the files below a folder, in bytes, without what is below `excluded`. */
function bytesBelow(folder: string, excluded: readonly string[]): number {
  const inside = (path: string) => excluded.some((each) => path === each || path.startsWith(`${each}/`));
  const paths = globSync('**', { cwd: folder, exclude: (path) => inside(join(folder, path)) });
  return paths.reduce((sum, path) => {
    const { size, isFile } = withKind(join(folder, path));
    return isFile && !inside(join(folder, path)) ? sum + size : sum;
  }, 0);
}

function withKind(path: string): { readonly size: number; readonly isFile: boolean } {
  const stats = lstatSync(path);
  return { size: stats.size, isFile: stats.isFile() };
}

describe('a production installation', () => {
  it.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('takes at most 450 MB on Linux x64', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, { dev?: boolean }> };
    const folders = Object.entries(packages)
      .filter(([path, { dev }]) => path.startsWith('node_modules/') && !dev && existsSync(join(ROOT, path)))
      .map(([path]) => path);
    expect(folders).toContain('node_modules/onnxruntime-node');
    const nested = (path: string) =>
      folders.filter((other) => other.startsWith(`${path}/`)).map((each) => join(ROOT, each));
    const unusable = unusableFiles(join(ROOT, 'node_modules'), { platform: process.platform, arch: process.arch });
    const installed = folders.map((path) => bytesBelow(join(ROOT, path), [...nested(path), ...unusable]));
    const tracked = spawnSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
      .stdout.split('\0')
      .filter(Boolean);
    const sources = tracked.map((path) => lstatSync(join(ROOT, path), { throwIfNoEntry: false })?.size ?? 0);
    const total = [...installed, ...sources].reduce((sum, bytes) => sum + bytes, 0);
    expect(total).toBeGreaterThan(100e6);
    expect(total).toBeLessThan(MAX_BYTES);
  });

  it('has nothing that only development uses: no package is there for the SDK’s optional peers', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { dev?: boolean; devOptional?: boolean }>;
    };
    expect(Object.entries(packages).filter(([, { devOptional }]) => devOptional)).toEqual([]);
    expect(packages['node_modules/react']).toMatchObject({ dev: true });
    expect(packages['node_modules/@mediapipe/tasks-vision']).toMatchObject({ dev: true });
  });
});

describe('npm', () => {
  /** Runs npm without the settings of whoever runs the tests. */
  function npm(...args: string[]) {
    const { status, stderr } = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH ?? '',
        npm_config_userconfig: join(ROOT, '.no-user-config'),
        npm_config_globalconfig: join(ROOT, '.no-global-config'),
      },
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    return { status, stderr };
  }

  it('knows every setting in .npmrc', () => {
    expect(npm('pkg', 'get', 'name', '--loglevel=warn')).toEqual({ status: 0, stderr: '' });
  });

  it('warns of nothing when it installs, whatever Node runs it', () => {
    expect(npm('ci', '--dry-run', '--offline')).toEqual({ status: 0, stderr: '' });
  });
});

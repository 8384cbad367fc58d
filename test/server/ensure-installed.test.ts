import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../server/ensure-installed.mjs', import.meta.url));
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'undertone-install-'));
  mkdirSync(join(root, 'server'));
  copyFileSync(SCRIPT, join(root, 'server/ensure-installed.mjs'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  // Stands in for npm: notes how it was called.
  writeFileSync(
    join(root, 'npm.mjs'),
    "import { writeFileSync } from 'node:fs';\n" +
      "writeFileSync('npm-called', process.argv.slice(2).join(' '));\n" +
      'process.exitCode = Number(process.env.NPM_EXIT ?? 0);\n',
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function run(env: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, [join(root, 'server/ensure-installed.mjs')], {
    env: { ...process.env, npm_execpath: join(root, 'npm.mjs'), ...env },
    encoding: 'utf8',
  });
  let called: string | null = null;
  try {
    called = readFileSync(join(root, 'npm-called'), 'utf8');
  } catch {
    // npm was not run.
  }
  return { ...result, called };
}

function installAt(seconds: number): void {
  mkdirSync(join(root, 'node_modules'));
  const lock = join(root, 'node_modules/.package-lock.json');
  writeFileSync(lock, '{}');
  utimesSync(lock, seconds, seconds);
}

describe('ensure-installed', () => {
  it('installs what package-lock.json says when nothing is installed', () => {
    const { status, called, stderr } = run();
    expect(status).toBe(0);
    expect(called).toMatch(/^ci /);
    expect(stderr).toMatch(/^The packages are not installed yet: running npm ci/);
  });

  it('installs again when the packages are older than package-lock.json', () => {
    installAt(1000);
    expect(run().called).toMatch(/^ci /);
  });

  it('does nothing, and says nothing, when the packages are newer', () => {
    installAt(Date.now() / 1000 + 60);
    const { called, stdout, stderr } = run();
    expect([called, stdout, stderr]).toEqual([null, '', '']);
  });

  it('goes on with the Node of the new packages when the install removes the one that runs it', () => {
    const old = join(root, 'node_modules/node/bin/node');
    mkdirSync(join(root, 'node_modules/node/bin'), { recursive: true });
    copyFileSync(process.execPath, old);
    // Stands in for npm: takes the old Node away, and brings the one of this platform.
    const bin = join(root, `node_modules/node-${process.platform}-${process.arch}/bin`);
    writeFileSync(
      join(root, 'npm.mjs'),
      "import { mkdirSync, rmSync, symlinkSync } from 'node:fs';\n" +
        `rmSync(${JSON.stringify(old)});\n` +
        `mkdirSync(${JSON.stringify(bin)}, { recursive: true });\n` +
        `symlinkSync(${JSON.stringify(process.execPath)}, ${JSON.stringify(join(bin, 'node'))});\n`,
    );
    writeFileSync(join(root, 'program.mjs'), "process.stdout.write('it runs');\n");
    const { status, stdout } = spawnSync(old, [join(root, 'server/ensure-installed.mjs'), 'program.mjs'], {
      cwd: root,
      env: { ...process.env, npm_execpath: join(root, 'npm.mjs') },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, 'it runs']);
  });

  it('fails, and says what to run, when npm fails', () => {
    const { status, stderr } = run({ NPM_EXIT: '3' });
    expect(status).toBe(1);
    expect(stderr).toContain('npm ci failed: run it in');
  });
});

#!/usr/bin/env node
// Installs the packages when they are missing or older than package-lock.json; otherwise does nothing, at once.
// Runs before everything else, with whatever Node there is (20 or newer) and nothing installed.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Time of the last change in ms, −Infinity when there is no such file. */
function changedAt(path) {
  return (
    statSync(new URL(`../${path}`, import.meta.url), { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY
  );
}

const lockedAt = changedAt('package-lock.json');
const installedAt = changedAt('node_modules/.package-lock.json');
const missing = installedAt === Number.NEGATIVE_INFINITY;

if (missing || installedAt < lockedAt) {
  const command = lockedAt === Number.NEGATIVE_INFINITY ? 'install' : 'ci';
  const why = missing ? 'The packages are not installed yet' : 'The packages are older than package-lock.json';
  process.stderr.write(`${why}: running npm ${command} (half a minute or so)…\n`);
  const npm = process.env.npm_execpath;
  const [program, script] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const { status, error } = spawnSync(program, [...script, command, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: npm === undefined && process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(`npm ${command} failed${error ? ` (${error.message})` : ''}: run it in ${root} to see why.\n`);
    process.exitCode = 1;
  }
}

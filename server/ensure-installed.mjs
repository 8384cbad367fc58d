#!/usr/bin/env node
// node server/ensure-installed.mjs [FILE [ARGUMENTS]]
// Installs the packages when they are missing or older than package-lock.json; otherwise does nothing, at once. Then runs FILE
// with the Node that the packages bring. Runs with whatever Node there is (20 or newer) and nothing installed. No package's
// install script runs.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The Node that runs this. An install may remove it: earlier versions kept it among the packages. */
const running = realpathSync(process.execPath);

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
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync(program, [...script, command, ...options], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: npm === undefined && process.platform === 'win32',
  });
  if (status !== 0) {
    process.stderr.write(`npm ${command} failed${error ? ` (${error.message})` : ''}: run it in ${root} to see why.\n`);
    process.exitCode = 1;
  }
}

/** The Node that the packages bring for this platform; null where they bring none. */
function installedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const path = fileURLToPath(
    new URL(`../node_modules/${prefix}-${platform}-${process.arch}/${binary}`, import.meta.url),
  );
  return existsSync(path) ? path : null;
}

const [file, ...args] = process.argv.slice(2);
if (file !== undefined && process.exitCode === undefined) {
  const node = installedNode();
  if (node === null || realpathSync(node) === running) {
    process.argv = [process.execPath, resolve(file), ...args];
    await import(pathToFileURL(resolve(file)).href);
  } else {
    const child = spawn(node, [file, ...args], { stdio: 'inherit' });
    // A terminal sends SIGINT to both; what a supervisor sends comes here alone.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
    }
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? (signal === null ? 1 : 128);
    });
  }
}

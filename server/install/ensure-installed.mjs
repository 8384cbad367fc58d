#!/usr/bin/env node
// node server/install/ensure-installed.mjs [--dev] [FILE [ARGUMENTS]]
// 1. Installs the packages if node_modules does not match package-lock.json. --dev: also the packages for development.
//    No package's install script runs.
// 2. Removes the parts of the packages that this machine cannot use.
// 3. Runs FILE with the Node that the packages contain.
// This file runs on any Node from 20 on, with nothing installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { missingPackages } from './missing-packages.mjs';
import { unusableFiles } from './unusable-files.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nodeModules = join(root, 'node_modules');
/** Names the platform whose files were kept when the others were removed. npm deletes this file when it installs. */
const trimmedFile = join(nodeModules, '.undertone-trimmed');
const machine = { platform: process.platform, arch: process.arch };
const machineName = `${machine.platform}-${machine.arch}`;

/**
 * The Node that runs this script. It is resolved now, because the installation may delete it: earlier versions kept it
 * among the packages.
 */
const running = realpathSync(process.execPath);

const args = process.argv.slice(2);
const withDevelopment = args[0] === '--dev';
const [file, ...fileArgs] = withDevelopment ? args.slice(1) : args;

install();
if (process.exitCode === undefined) trim();
if (process.exitCode === undefined && file !== undefined) await run();

/** Makes node_modules match package-lock.json. Sets the exit code if that fails. */
function install() {
  const task = installTask();
  if (task === null) return;
  process.stderr.write(`${task.why}: running npm ${task.command} (half a minute or so)…\n`);
  const npm = process.env.npm_execpath;
  const [program, script] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const { status, error } = spawnSync(program, [...script, task.command, ...task.options], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: npm === undefined && process.platform === 'win32',
  });
  if (status === 0) return;
  process.stderr.write(
    `npm ${task.command} failed${error ? ` (${error.message})` : ''}: run it in ${root} to see why.\n`,
  );
  process.exitCode = 1;
}

/** What npm has to do, and why. Null when the packages are installed. */
function installTask() {
  const options = [
    ...['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', '--include=optional'],
    withDevelopment ? '--include=dev' : '--omit=dev',
  ];
  const locked = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  const command = locked === null ? 'install' : 'ci';
  if (installed === null) return { command, options, why: 'The packages are not installed yet' };
  if (wasTrimmedElsewhere()) return { command, options, why: 'The packages were installed on another kind of machine' };
  const missing = missingPackages(locked ?? {}, installed, machine, (path) =>
    existsSync(join(root, path, 'package.json')),
  );
  if (missing.production.length > 0) {
    return { command, options, why: `The packages are not those of package-lock.json (${listed(missing.production)})` };
  }
  if (!withDevelopment || missing.development.length === 0) return null;
  // Adds what is missing and leaves the rest unchanged, because a server may be running from these packages.
  const adding = { command: 'install', options: ['--no-save', ...options] };
  return { ...adding, why: `Packages for development are missing (${listed(missing.development)})` };
}

/** The packages that a lock file names. Null when the file does not exist or is incomplete. */
function packagesOf(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages ?? {};
  } catch {
    return null;
  }
}

function wasTrimmedElsewhere() {
  try {
    return readFileSync(trimmedFile, 'utf8') !== machineName;
  } catch {
    return false;
  }
}

function listed(paths) {
  const names = paths.map((path) => path.slice('node_modules/'.length));
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

/**
 * Removes files that this machine cannot use. Without permission to do so, all files stay and everything still works.
 */
function trim() {
  const folders = unusableFiles(nodeModules, machine);
  if (folders.length === 0) return;
  try {
    writeFileSync(trimmedFile, machineName);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  } catch {
    return;
  }
  process.stderr.write('Removed parts of the packages that only other platforms use.\n');
}

/** The Node that the packages contain for this platform. Null when they contain none. */
function installedNode() {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const prefix = platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node';
  const path = join(nodeModules, `${prefix}-${platform}-${process.arch}`, binary);
  return existsSync(path) ? path : null;
}

/**
 * Runs FILE. If this process already is the packages' Node, or they contain none, FILE runs in this process. Otherwise
 * it runs in a child process of that Node.
 */
async function run() {
  const node = installedNode();
  if (node === null || realpathSync(node) === running) {
    process.argv = [process.execPath, resolve(file), ...fileArgs];
    await import(pathToFileURL(resolve(file)).href);
    return;
  }
  const child = spawn(node, [file, ...fileArgs], { stdio: 'inherit' });
  // A terminal sends SIGINT to both processes. A supervisor's signals reach only this one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)));
  }
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}

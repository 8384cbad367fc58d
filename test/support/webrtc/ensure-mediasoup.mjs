// Runs before the tests: installs mediasoup into node_modules/.cache for the tests that receive media through it. It
// installs the npm package 3.8.4 without its build, and on Linux with apt the worker of the same version from Debian's
// experimental. If MEDIASOUP_WORKER_BIN names a worker, only the package is installed.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '3.8.4';
const LIBRARIES = ['libsrtp2-1', 'libusrsctp2', 'libuv1'];
const root = fileURLToPath(new URL('../../../node_modules/.cache/mediasoup', import.meta.url));
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });

function installPackage() {
  const folder = join(root, 'npm');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', `mediasoup@${VERSION}`, '--ignore-scripts', '--no-audit', '--no-fund'], folder);
}

function installWorker() {
  for (const folder of ['apt/lists/partial', 'apt/cache/archives/partial', 'apt/sources', 'worker']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  const source = ['Types: deb', 'URIs: http://deb.debian.org/debian', 'Suites: experimental', 'Components: main'];
  const key = 'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(root, 'apt/sources/experimental.sources'), `${[...source, key].join('\n')}\n`);
  const options = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(root, 'apt/sources'),
    'Dir::State::lists': join(root, 'apt/lists'),
    'Dir::Cache': join(root, 'apt/cache'),
    'APT::Sandbox::User': 'root',
  };
  const apt = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  run('apt-get', [...apt, 'update']);
  run('apt-get', [...apt, 'download', `mediasoup-worker=${VERSION}*`]);
  const [archive] = readdirSync(root).filter((name) => name.startsWith('mediasoup-worker_') && name.endsWith('.deb'));
  run('dpkg', ['-x', archive, 'worker']);
  rmSync(join(root, 'apt'), { recursive: true });
  run('apt-get', ['install', '-y', '--no-install-recommends', ...LIBRARIES]);
}

const libraries = join(root, 'worker/usr/lib');
const hasPackage = existsSync(join(root, 'npm/node_modules/mediasoup/package.json'));
const hasWorker =
  process.env.MEDIASOUP_WORKER_BIN !== undefined ||
  (existsSync(libraries) &&
    readdirSync(libraries).some((folder) => existsSync(join(libraries, folder, 'mediasoup/mediasoup-worker'))));
const mayInstall = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
if (!(hasPackage && hasWorker)) {
  try {
    if (!hasWorker && !mayInstall)
      throw new Error('its worker comes from apt, which needs root: or name one in MEDIASOUP_WORKER_BIN');
    console.log('installing mediasoup for its tests …');
    if (!hasPackage) installPackage();
    if (!hasWorker) installWorker();
  } catch (error) {
    console.warn(`no mediasoup: its tests are skipped (${error.message})`);
  }
}

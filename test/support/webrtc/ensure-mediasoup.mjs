// Puts mediasoup where the tests find it, on Linux with apt: the npm package 3.8.4, without its build, and the worker of
// the same version that Debian's experimental has. `node test/support/webrtc/ensure-mediasoup.mjs`
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '3.8.4';
const LIBRARIES = ['libsrtp2-1', 'libusrsctp2', 'libuv1'];
const root = fileURLToPath(new URL('../../../node_modules/.cache/mediasoup', import.meta.url));
const run = (command, args, cwd = root) => execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });

const folders = ['npm', 'apt/lists/partial', 'apt/cache/archives/partial', 'apt/sources', 'worker'];
for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
writeFileSync(join(root, 'npm/package.json'), '{"private":true}');
run('npm', ['install', `mediasoup@${VERSION}`, '--ignore-scripts', '--no-audit', '--no-fund'], join(root, 'npm'));

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
run('apt-get', ['install', '-y', '--no-install-recommends', ...LIBRARIES]);
console.log('mediasoup is ready for the tests');

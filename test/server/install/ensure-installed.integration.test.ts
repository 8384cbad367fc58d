import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('../../../server/install', import.meta.url));
const PLATFORM = `${process.platform}/${process.arch}`;
let root: string;

/** Writes a file of the installation under test, and its folders. */
function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const isThere = (path: string) => existsSync(join(root, path));

type Packages = Record<string, { version: string; [field: string]: unknown }>;

const LOCKED: Packages = {
  'node_modules/ws': { version: '8.0.0', integrity: 'sha512-ws' },
  'node_modules/vitest': { version: '5.0.0', integrity: 'sha512-vitest', dev: true },
  'node_modules/native-here': {
    version: '1.0.0',
    integrity: 'sha512-here',
    optional: true,
    os: [process.platform],
    cpu: [process.arch],
  },
  'node_modules/native-elsewhere': {
    version: '1.0.0',
    integrity: 'sha512-else',
    optional: true,
    os: ['aix'],
    cpu: ['ppc64'],
  },
};

function lock(packages: Packages): void {
  write('package-lock.json', JSON.stringify({ packages: { '': { name: 'undertone' }, ...packages } }));
}

/** Puts packages into node_modules as npm leaves them there. */
function installed(packages: Packages): void {
  write('node_modules/.package-lock.json', JSON.stringify({ packages }));
  for (const path of Object.keys(packages)) write(`${path}/package.json`, '{}');
}

const without = (...names: string[]): Packages =>
  Object.fromEntries(Object.entries(LOCKED).filter(([path]) => !names.includes(path.slice('node_modules/'.length))));

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'undertone-install-'));
  cpSync(SCRIPTS, join(root, 'server/install'), { recursive: true });
  lock(LOCKED);
  // Stands in for npm: notes how it was called.
  write(
    'npm.mjs',
    "import { writeFileSync } from 'node:fs';\n" +
      "writeFileSync('npm-called', process.argv.slice(2).join(' '));\n" +
      'process.exitCode = Number(process.env.NPM_EXIT ?? 0);\n',
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function run(args: string[] = [], env: Record<string, string> = {}) {
  const result = spawnSync(process.execPath, [join(root, 'server/install/ensure-installed.mjs'), ...args], {
    cwd: root,
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

const nothing = { status: 0, called: null, stdout: '', stderr: '' };

describe('the start check', () => {
  it('installs what package-lock.json says when nothing is installed', () => {
    const { status, called, stderr } = run();
    expect(status).toBe(0);
    expect(called).toMatch(/^ci .*--omit=dev/);
    expect(stderr).toMatch(/^The packages are not installed yet: running npm ci/);
    expect(run(['--dev']).called).toMatch(/^ci .*--include=dev/);
  });

  it('asks for the packages of this platform, whatever the environment leaves out', () => {
    expect(run([], { npm_config_omit: 'optional' }).called).toContain('--include=optional');
  });

  it('does nothing, and says nothing, when the packages are those of the lock file, however old their files are', () => {
    installed(without('native-elsewhere'));
    utimesSync(join(root, 'node_modules/.package-lock.json'), 1000, 1000);
    expect(run()).toMatchObject(nothing);
    expect(run(['--dev'])).toMatchObject(nothing);
  });

  it('starts without the packages for development, and adds them where they are needed', () => {
    installed(without('native-elsewhere', 'vitest'));
    expect(run()).toMatchObject(nothing);
    const { called, stderr } = run(['--dev']);
    expect(called).toMatch(/^install --no-save .*--include=dev/);
    expect(stderr).toMatch(/^Packages for development are missing \(vitest\)/);
  });

  it('ignores packages that were added to those of the lock file', () => {
    installed({ ...without('native-elsewhere'), 'node_modules/mediasoup': { version: '3.0.0' } });
    expect(run()).toMatchObject(nothing);
  });

  it.each<[string, () => void, string]>([
    ['is missing', () => installed(without('native-elsewhere', 'ws')), 'ws'],
    ['for this platform is missing', () => installed(without('native-elsewhere', 'native-here')), 'native-here'],
    [
      'has another version',
      () => installed({ ...LOCKED, 'node_modules/ws': { version: '7.9.9', integrity: 'sha512-ws' } }),
      'ws',
    ],
    [
      'has another hash',
      () => installed({ ...LOCKED, 'node_modules/ws': { version: '8.0.0', integrity: 'sha512-other' } }),
      'ws',
    ],
    [
      'has lost its folder',
      () => {
        installed(LOCKED);
        rmSync(join(root, 'node_modules/ws'), { recursive: true });
      },
      'ws',
    ],
  ])('installs again when a package %s', (_, prepare, name) => {
    prepare();
    const { called, stderr } = run();
    expect(called).toMatch(/^ci /);
    expect(stderr).toContain(`The packages are not those of package-lock.json (${name})`);
  });

  it('installs again when the record of what is installed was cut short', () => {
    installed(LOCKED);
    write('node_modules/.package-lock.json', '{"packages": {"node_modules/ws"');
    expect(run().called).toMatch(/^ci /);
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
    const { status, stdout } = spawnSync(old, [join(root, 'server/install/ensure-installed.mjs'), 'program.mjs'], {
      cwd: root,
      env: { ...process.env, npm_execpath: join(root, 'npm.mjs') },
      encoding: 'utf8',
    });
    expect([status, stdout]).toEqual([0, 'it runs']);
  });

  it('fails, and says what to run, when npm fails', () => {
    const { status, stderr } = run([], { NPM_EXIT: '3' });
    expect(status).toBe(1);
    expect(stderr).toContain('npm ci failed: run it in');
  });
});

describe('parts of packages that this machine cannot use', () => {
  const RUNTIME = 'node_modules/onnxruntime-node/bin/napi-v6';
  const NODE = `node_modules/node-${PLATFORM.replace('/', '-')}`;

  beforeEach(() => {
    installed(without('native-elsewhere'));
    for (const platform of ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64', PLATFORM]) {
      write(`${RUNTIME}/${platform}/onnxruntime_binding.node`, platform);
    }
    write(`${RUNTIME}/${PLATFORM}/libonnxruntime_providers_cuda.so`, 'the GPU');
    write(`${NODE}/include/node/node.h`, 'a header');
    write(`${NODE}/bin/node.txt`, 'stands in for the binary');
  });

  it('go, and everything of this platform stays, the GPU’s libraries too', () => {
    expect(run()).toMatchObject({
      status: 0,
      called: null,
      stdout: '',
      stderr: expect.stringMatching(/^Removed parts/),
    });
    const foreign = ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64'].filter((each) => each !== PLATFORM);
    for (const platform of foreign) expect(isThere(`${RUNTIME}/${platform}`)).toBe(false);
    expect(isThere(`${RUNTIME}/${PLATFORM}/onnxruntime_binding.node`)).toBe(true);
    expect(isThere(`${RUNTIME}/${PLATFORM}/libonnxruntime_providers_cuda.so`)).toBe(true);
    expect(isThere(`${NODE}/include`)).toBe(false);
    expect(isThere(`${NODE}/bin/node.txt`)).toBe(true);
    expect(run()).toMatchObject(nothing);
  });

  it('come back by an installation where the packages are moved to another kind of machine', () => {
    run();
    write('node_modules/.undertone-trimmed', 'win32-ia32');
    const { called, stderr } = run();
    expect(called).toMatch(/^ci /);
    expect(stderr).toContain('another kind of machine');
  });

  it('all stay on a platform that ONNX Runtime does not have', () => {
    rmSync(join(root, RUNTIME, PLATFORM), { recursive: true });
    run();
    expect(
      ['win32/x64', 'darwin/arm64', 'linux/x64'].filter((each) => isThere(`${RUNTIME}/${each}`)).length,
    ).toBeGreaterThan(1);
  });

  it('all stay where the package is a link to a folder that others may share', () => {
    const shared = mkdtempSync(join(tmpdir(), 'undertone-shared-'));
    try {
      cpSync(join(root, 'node_modules/onnxruntime-node'), join(shared, 'onnxruntime-node'), { recursive: true });
      rmSync(join(root, 'node_modules/onnxruntime-node'), { recursive: true });
      symlinkSync(join(shared, 'onnxruntime-node'), join(root, 'node_modules/onnxruntime-node'), 'junction');
      run();
      expect(isThere(`${RUNTIME}/win32/x64/onnxruntime_binding.node`)).toBe(true);
    } finally {
      rmSync(shared, { recursive: true });
    }
  });
});

import { cpSync, mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { checkCapacity } from '../../../../server/commands/doctor/checks/capacity.ts';
import { checkClock } from '../../../../server/commands/doctor/checks/clock.ts';
import { checkConfiguration } from '../../../../server/commands/doctor/checks/configuration.ts';
import { checkDashboard } from '../../../../server/commands/doctor/checks/dashboard.ts';
import { checkMediasoup } from '../../../../server/commands/doctor/checks/mediasoup.ts';
import { checkModels } from '../../../../server/commands/doctor/checks/models.ts';
import { checkNode } from '../../../../server/commands/doctor/checks/node.ts';
import { checkOperatingPoint } from '../../../../server/commands/doctor/checks/operating-point.ts';
import { checkProviders } from '../../../../server/commands/doctor/checks/providers.ts';
import { measureCapacity } from '../../../../server/commands/doctor/probes/capacity/measure-capacity.ts';
import { systemClockProbes } from '../../../../server/commands/doctor/probes/clock.ts';
import { readMachine } from '../../../../server/commands/doctor/probes/machine.ts';
import { readConfig } from '../../../../server/config/read-config.ts';
import { fullManifest } from '../../../support/models/sample-manifest.ts';
import { findMediasoup } from '../../../support/webrtc/find-mediasoup.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  folders.push(folder);
  return folder;
}

const never = new AbortController().signal;

describe('the Node check', () => {
  it.each([
    ['24.21.0', 'ok'],
    ['22.18.0', 'ok'],
    ['22.17.1', 'failure'],
    ['20.20.0', 'failure'],
    ['23.4.0', 'warning'],
  ])('judges %s: %s', (version, status) => {
    expect(checkNode(version)).toMatchObject([{ status }]);
  });
});

describe('the configuration check', () => {
  const check = (argv: string[], env: Record<string, string> = {}) => checkConfiguration(readConfig(argv, env));

  it('is content with the defaults, and with a token on a public host', () => {
    expect(check([])).toMatchObject([{ status: 'ok' }]);
    const token = 'a-secret-of-some-length';
    const findings = check(['--host', '0.0.0.0'], { UNDERTONE_TOKEN: token });
    expect(findings).toMatchObject([{ status: 'ok', message: '0.0.0.0, with a token' }]);
    expect(JSON.stringify(findings)).not.toContain(token);
  });

  it.each([
    [[], { UNDERTONE_PROT: '1' }, 'UNDERTONE_PROT is no setting'],
    [['--host', '0.0.0.0', '--allow-anonymous'], {}, 'served without a token'],
    [['--allowed-origins', 'http://calls.example'], {}, 'get no microphone'],
    [[], { UNDERTONE_TWILIO_AUTH_TOKEN: 'a-token-of-twilio' }, 'for loopback addresses only'],
    [[], { UNDERTONE_AUDIOHOOK_CLIENT_SECRET: 'YSBzZWNyZXQ=' }, 'for loopback addresses only'],
    [['--public-url', 'http://calls.example'], { UNDERTONE_TOKEN: 'a-secret-of-some-length' }, 'is not https'],
    [['--public-url', 'https://calls.example'], {}, 'requests for calls.example are refused'],
  ])('warns of %j %j', (argv, env, message) => {
    expect(check(argv, env as Record<string, string>)).toMatchObject([
      { status: 'warning', message: expect.stringContaining(message) },
    ]);
  });

  it('knows a public URL that is listed', () => {
    const urls = ['--public-url', 'https://calls.example/x', '--allowed-origins', 'https://calls.example'];
    expect(check(urls)).toMatchObject([{ status: 'ok' }]);
  });
});

describe('the model check', () => {
  const models = fileURLToPath(new URL('../../../../models/', import.meta.url));

  function copy() {
    const folder = temporaryFolder();
    for (const name of ['undertone-mini', 'faces']) cpSync(join(models, name), join(folder, name), { recursive: true });
    return { bundle: join(folder, 'undertone-mini'), faces: join(folder, 'faces') };
  }

  it('is content with the files that ship', async () => {
    const { bundle, faces } = copy();
    expect((await checkModels(bundle, faces)).map(({ status }) => status)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
      'ok',
    ]);
  });

  it('names a file that is not what the manifest says, and one that is gone', async () => {
    const { bundle, faces } = copy();
    truncateSync(join(bundle, 'fusion.onnx'), 1000);
    unlinkSync(join(bundle, 'tokenizer.json'));
    truncateSync(join(faces, 'face-detector.onnx'), 1000);
    const findings = await checkModels(bundle, faces);
    const failures = findings.filter(({ status }) => status === 'failure');
    expect(findings.length - failures.length).toBe(4);
    expect(failures.map(({ message }) => message).sort()).toEqual([
      'face models: face-detector.onnx is damaged',
      'model bundle: fusion.onnx is damaged',
      'model bundle: tokenizer.json is missing',
    ]);
  });

  it('fails on a folder without a manifest, or with one that names nothing', async () => {
    const folder = temporaryFolder();
    expect(await checkModels(folder)).toMatchObject([
      { status: 'failure' },
      ...Array.from({ length: 5 }, () => ({ status: 'ok' })),
    ]);
    writeFileSync(join(folder, 'manifest.json'), '{}');
    expect(await checkModels(folder)).toMatchObject([
      { status: 'failure', message: expect.stringContaining('names no file') },
      ...Array.from({ length: 5 }, () => ({ status: 'ok' })),
    ]);
  });
});

describe('the check of the operating point', () => {
  function bundle(): string {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(fullManifest()));
    return folder;
  }

  it('asks nothing where none is configured', async () => {
    expect(await checkOperatingPoint(readConfig(['--model-bundle', '/nowhere'], {}).config)).toEqual([]);
  });

  it('is content with one that the bundle has, and lists those that there are for another', async () => {
    const modelBundle = bundle();
    const check = (operatingPoint: string) => checkOperatingPoint({ modelBundle, operatingPoint });
    expect(await check('most-right')).toMatchObject([{ status: 'ok' }]);
    expect(await check('best')).toMatchObject([
      { status: 'failure', message: expect.stringContaining('it has balanced, most-right') },
    ]);
  });

  it('fails where the manifest cannot be read', async () => {
    const findings = await checkOperatingPoint({ modelBundle: '/nowhere', operatingPoint: 'best' });
    expect(findings).toMatchObject([{ status: 'failure', message: expect.stringContaining('cannot be read') }]);
  });
});

describe('the provider check', () => {
  const config = { providers: ['cuda', 'cpu'] as ('cuda' | 'cpu')[], modelBundle: '/nowhere' };

  it('warns of a provider that is asked for and does not work, and tells how to install it', async () => {
    const findings = await checkProviders(config, never, async (provider) =>
      provider === 'cpu' ? { passMs: 12.34, reason: null } : { passMs: null, reason: 'no library' },
    );
    expect(findings).toMatchObject([
      {
        status: 'warning',
        message: 'cuda is not usable: no library',
        advice: expect.stringContaining('ONNXRUNTIME_NODE_INSTALL=cuda12 node '),
      },
      { status: 'ok', message: 'webgpu: not usable here, and not asked for' },
      { status: 'ok', message: 'cpu: a forward pass takes 12.3 ms' },
    ]);
  });

  it('tells of an accelerator that works and is not used', async () => {
    const findings = await checkProviders(config, never, async () => ({ passMs: 3, reason: null }));
    expect(findings[1]!.message).toContain('not used without --providers webgpu');
  });

  it('fails where the CPU cannot compute the bundle', async () => {
    const findings = await checkProviders(config, never);
    expect(findings[2]).toMatchObject({ status: 'failure', message: expect.stringContaining('/nowhere') });
  });
});

describe('the mediasoup check', () => {
  const config = { webrtc: 'mediasoup', host: '127.0.0.1' } as const;

  it('asks nothing where mediasoup is not configured', async () => {
    const load = () => Promise.reject(new Error('asked'));
    expect(await checkMediasoup({ ...config, webrtc: 'werift' }, load)).toMatchObject([{ status: 'ok' }]);
  });

  it('fails where the package is not installed', async () => {
    const load = () => import('a-package-that-is-not-there' as string) as never;
    expect(await checkMediasoup(config, load)).toMatchObject([
      { status: 'failure', advice: expect.stringContaining('npm install mediasoup') },
    ]);
  });

  const found = findMediasoup();
  const mediasoup = 'mediasoup' in found ? found.mediasoup : null;
  if (mediasoup === null) console.warn('SKIPPED: the check of a real mediasoup worker needs ensure-mediasoup.mjs');

  it.skipIf(mediasoup === null)('starts its worker', async () => {
    expect(await checkMediasoup(config, async () => mediasoup!)).toEqual([
      { status: 'ok', message: 'its worker starts' },
    ]);
  });

  /** It reads where its worker is when it is loaded. */
  function freshMediasoup() {
    const { cache } = createRequire(import.meta.url);
    for (const file of Object.keys(cache).filter((name) => name.includes('/mediasoup/'))) delete cache[file];
    return (findMediasoup() as { mediasoup: NonNullable<typeof mediasoup> }).mediasoup;
  }

  it.skipIf(mediasoup === null)('fails where the worker is missing, and where it ends at once', async () => {
    const broken = join(temporaryFolder(), 'worker');
    const before = process.env.MEDIASOUP_WORKER_BIN;
    try {
      process.env.MEDIASOUP_WORKER_BIN = broken;
      for (const content of [null, '#!/bin/sh\nexit 42\n']) {
        if (content !== null) writeFileSync(broken, content, { mode: 0o755 });
        const [finding] = await checkMediasoup(config, async () => freshMediasoup());
        expect(finding).toMatchObject({ status: 'failure', message: expect.stringContaining('does not start') });
      }
    } finally {
      if (before === undefined) delete process.env.MEDIASOUP_WORKER_BIN;
      else process.env.MEDIASOUP_WORKER_BIN = before;
      // Other tests of this process get one that knows the working worker.
      freshMediasoup();
    }
  });
});

describe('the clock check', () => {
  const probes = (sync: 'synchronized' | 'unsynchronized' | 'unknown', jumpMs = 0) => ({
    sync: async () => sync,
    readings: async () =>
      [
        { wallMs: 1000, monotonicMs: 10 },
        { wallMs: 1250 + jumpMs, monotonicMs: 260 },
      ] as const,
  });
  const none = { audiohookClientSecret: undefined, turnSecret: undefined };
  const signed = { audiohookClientSecret: 'c2VjcmV0LXNlY3JldA==', turnSecret: undefined };

  it.each([
    ['synchronized', none, 'ok'],
    ['synchronized', signed, 'ok'],
    ['unsynchronized', none, 'warning'],
    ['unknown', none, 'ok'],
    ['unknown', signed, 'warning'],
    ['unknown', { ...none, turnSecret: 'x' }, 'warning'],
  ] as const)('judges a clock that is %s, with %j: %s', async (sync, config, status) => {
    const findings = await checkClock(config, never, probes(sync));
    expect(findings).toMatchObject([{ status }]);
    expect(JSON.stringify(findings)).not.toContain('c2VjcmV0');
  });

  it('warns when the wall clock jumps', async () => {
    expect(await checkClock(none, never, probes('synchronized', -400))).toMatchObject([
      { status: 'warning', message: 'the wall clock jumped by 400 ms while it was watched' },
      { status: 'ok' },
    ]);
  });

  it('reads this machine', async () => {
    const [first, second] = await systemClockProbes.readings();
    expect(second.monotonicMs - first.monotonicMs).toBeGreaterThanOrEqual(200);
    expect(['synchronized', 'unsynchronized', 'unknown']).toContain(await systemClockProbes.sync(never));
  });
});

describe('the capacity check', () => {
  const MIB = 1024 ** 2;
  const measured = { calls: 30, callsWithCameras: 12, idleBytes: 300 * MIB, othersShare: 0 };
  const config = { maxSessions: 20, modelBundle: 'bundle', providers: ['cpu' as const] };
  const judge = (settings: Partial<typeof config>, measurement: Partial<typeof measured>, memoryMib = 8192) =>
    checkCapacity({ ...config, ...settings }, never, {
      measure: async () => ({ ...measured, ...measurement }),
      machine: async () => ({ cores: 2, memoryBytes: memoryMib * MIB }),
    });

  it('leaves a third of what was measured free, and says what was measured', async () => {
    const findings = await judge({}, {});
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(findings[0]!.message).toContain('calls that fit: 20 with voices and words, or 8 with two cameras each');
    expect(findings[0]!.message).toContain('30.0 and 12.0 s of calls per second');
    expect(findings[1]!.message).toContain('20 calls need about 480 of 8192 MiB');
  });

  it.each<[string, Partial<typeof config>, Partial<typeof measured>, number, string[]]>([
    ['more sessions than the processor carries', { maxSessions: 21 }, {}, 8192, ['warning', 'ok']],
    ['a machine that carries no call', {}, { calls: 0.5 }, 8192, ['warning', 'ok']],
    ['more sessions than the memory holds', {}, {}, 479, ['ok', 'warning']],
    ['a machine that is busy otherwise', {}, { othersShare: 0.5 }, 8192, ['ok', 'warning', 'ok']],
  ])('warns of %s', async (_, settings, measurement, memoryMib, statuses) => {
    const findings = await judge(settings, measurement, memoryMib);
    expect(findings.map(({ status }) => status)).toEqual(statuses);
    for (const finding of findings) if (finding.status !== 'ok') expect(finding.advice).not.toContain(' 0 ');
  });

  it('says why it could not measure', async () => {
    const findings = await checkCapacity(config, never, {
      measure: () => Promise.reject(new Error('no model\nstack')),
      machine: readMachine,
    });
    expect(findings).toMatchObject([{ status: 'warning', message: 'could not be measured: no model' }]);
  });

  it('ends the measurement when its time is over', async () => {
    const bundle = readConfig([], {}).config;
    await expect(measureCapacity(bundle, AbortSignal.timeout(100), 60_000)).rejects.toThrow(/abort/i);
  });

  it('reads this machine', async () => {
    const { cores, memoryBytes } = await readMachine();
    expect(cores).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(64 * 1024 ** 2);
    expect(Number.isFinite(memoryBytes)).toBe(true);
  });
});

describe('the dashboard check', () => {
  it('tells what was built, and fails on sources that do not compile', async () => {
    const built = async () => new Map([['/', { body: new Uint8Array(2048) }]]);
    expect(await checkDashboard(built)).toEqual([{ status: 'ok', message: 'builds: 1 files, 2 KiB' }]);
    const broken = () => Promise.reject(new Error('Build failed with 1 error:\nmain.tsx'));
    expect(await checkDashboard(broken)).toMatchObject([
      { status: 'failure', message: 'does not build: Build failed with 1 error:' },
    ]);
  });
});

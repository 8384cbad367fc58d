import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ok, warning } from '../../../../server/commands/doctor/finding.ts';
import { toList } from '../../../../server/commands/doctor/print-results.ts';
import { measureCapacity } from '../../../../server/commands/doctor/probes/capacity/measure-capacity.ts';
import { runChecks } from '../../../../server/commands/doctor/run-checks.ts';
import { run } from '../../../../server/commands/doctor.ts';
import { inProcess, undertone } from '../../../support/e2e/command-line.ts';

/** Long enough that both measurements analyze something of each call. */
const MEASURED_MS = 200;

const doctor = (args: readonly string[], env: Record<string, string> = {}) =>
  inProcess(
    (argv, io) =>
      run(argv, io, {
        env: { PATH: process.env.PATH ?? '', ...env },
        measure: (config, signal) => measureCapacity(config, signal, MEASURED_MS),
      }),
    ...args,
  );

interface Line {
  readonly check: string;
  readonly status: string;
  readonly findings: readonly { readonly message: string; readonly advice?: string }[];
}

describe('runChecks', () => {
  it('gives a check that never answers up, and one that throws, and keeps the order', async () => {
    let aborted = false;
    const results = await runChecks(
      [
        {
          name: 'slow',
          run: (signal) => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return new Promise(() => {});
          },
        },
        { name: 'broken', run: () => Promise.reject(new Error('boom\nstack')) },
        { name: 'mixed', run: () => [ok('fine'), warning('odd', 'look')] },
      ],
      50,
    );
    expect(aborted).toBe(true);
    expect(results.map(({ check, status }) => [check, status])).toEqual([
      ['slow', 'failure'],
      ['broken', 'failure'],
      ['mixed', 'warning'],
    ]);
    expect(results[1]!.findings[0]!.message).toBe('the check itself failed: boom');
    expect(toList(results.slice(2))).toBe(
      '✓ mixed          fine\n!                odd\n                 → look\n\n0 failed, 1 to look at, 1 well\n',
    );
  });
});

describe('undertone doctor', () => {
  it('prints one object per check, exits with 1 where something failed, and prints no secret', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    const secrets = { UNDERTONE_TOKEN: 'the-token-of-the-test', UNDERTONE_TURN_SECRET: 'the-turn-secret' };
    const { status, stdout } = await doctor(['--json', '--port', String(port), '--webrtc-port', '0'], {
      ...secrets,
      UNDERTONE_PROT: '1',
    });
    blocker.close();
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    expect(lines.map(({ check }) => check)).toEqual([
      'node',
      'configuration',
      'http-port',
      'webrtc',
      'ice-servers',
      'mediasoup',
      'models',
      'providers',
      'clock',
      'dashboard',
      'capacity',
    ]);
    const found = Object.fromEntries(lines.map((line) => [line.check, line]));
    expect(found['http-port']).toMatchObject({ status: 'failure' });
    expect(found.configuration).toMatchObject({ status: 'warning' });
    for (const check of ['node', 'webrtc', 'models', 'dashboard']) expect(found[check]).toMatchObject({ status: 'ok' });
    expect(found.capacity!.findings[0]!.message).toMatch(/^calls that fit: \d+ .* s of calls per second/);
    expect(found.providers!.findings.at(-1)!.message).toMatch(/^cpu/);
    expect(status).toBe(1);
    for (const secret of Object.values(secrets)) expect(stdout).not.toContain(secret);
  });

  it('tells settings that are refused, for people', async () => {
    const { status, stdout } = await doctor(['--host', '0.0.0.0']);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^✓ node .+\n✗ configuration +refusing to serve calls .+\n +→ .+\n\n1 failed, 0 to look at, 1 well\n$/,
    );
  });

  it('tells its options', async () => {
    const { status, stdout } = await undertone('doctor', '--help');
    expect(status).toBe(0);
    expect(stdout).toContain('undertone doctor [--json] [options of serve]');
  });
});

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PORT } from '../../server/config/config-schema.ts';
import { Publisher, Subscriber } from '../support/server/peers.ts';

const CLI = fileURLToPath(new URL('../../server/undertone.mjs', import.meta.url));
const hasBundle = existsSync(new URL('../../models/undertone-mini/manifest.json', import.meta.url));
if (!hasBundle) console.warn('models/undertone-mini is missing: the tests of a whole server process are skipped');

let child: ChildProcess | null = null;
afterEach(() => child?.kill('SIGKILL'));

/** Starts the process and waits for the address on its standard output. */
async function serve(
  ...args: string[]
): Promise<{ url: string; exited: Promise<number | null>; stderr: () => string }> {
  const { PATH = '' } = process.env;
  const process_ = spawn(process.execPath, [CLI, 'serve', ...args], {
    env: { PATH, UNDERTONE_MAX_LAG_MS: '3600000', UNDERTONE_MAX_LOAD_PERCENT: '100000' },
  });
  child = process_;
  const exited = once(process_, 'exit').then(([code]) => code as number | null);
  let stdout = '';
  let stderr = '';
  process_.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    process_.stdout.on('data', (chunk) => {
      stdout += chunk;
      const found = /Dashboard {3}(http:\S+?)\/\n/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    void exited.then((code) => reject(new Error(`exited with ${code}: ${stderr}`)));
  });
  return { url, exited, stderr: () => stderr };
}

describe.skipIf(!hasBundle)('undertone serve', () => {
  it('prints its address, serves the dashboard, and on SIGTERM finishes its calls and exits with 0', async () => {
    const { url, exited, stderr } = await serve('--port', '0');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/`)).text()).toContain('<html');
    const socketUrl = url.replace('http', 'ws');
    const publisher = await new Publisher(socketUrl).start('call');
    const subscriber = await new Subscriber(socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('session.started');
    child?.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'shutdown' });
    expect(stderr()).not.toContain('Ann Example');
  });

  it('takes the next port when the usual one is taken, and none but the one that it was told', async () => {
    const blocker = createServer().listen(DEFAULT_PORT, '127.0.0.1');
    // Someone else may hold the port already; then it is taken just as well.
    await Promise.race([once(blocker, 'listening'), once(blocker, 'error').catch(() => {})]);
    const { url, exited } = await serve();
    expect(Number(new URL(url).port)).toBeGreaterThan(DEFAULT_PORT);
    child?.kill('SIGTERM');
    expect(await exited).toBe(0);
    await expect(serve('--port', String(DEFAULT_PORT))).rejects.toThrow(/exited with 1: .*port 7700 .* is taken/);
    blocker.close();
  });
});

describe('undertone serve with an operating point that the bundle lacks', () => {
  it('says so in one line that lists those that there are, and exits as for any wrong setting', async () => {
    await expect(serve('--port', '0', '--operating-point', 'best')).rejects.toThrow(
      /^exited with 2: undertone serve: --operating-point: The model bundle has no operating point "best": it has .+\.\n$/,
    );
  });
});

describe('undertone serve without its models', () => {
  it('says so in one line', async () => {
    await expect(serve('--port', '0', '--model-bundle', '/nowhere')).rejects.toThrow(
      /exited with 1: undertone serve: the models cannot be loaded: .*\n$/,
    );
  });
});

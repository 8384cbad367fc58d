import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PORT } from '../../server/config/config-schema.ts';
import { ServedProcess } from '../support/e2e/served-process.ts';
import { Publisher, Subscriber } from '../support/server/peers.ts';

const hasBundle = existsSync(new URL('../../models/undertone-mini/manifest.json', import.meta.url));
if (!hasBundle) console.warn('models/undertone-mini is missing: the tests of a whole server process are skipped');

describe.skipIf(!hasBundle)('undertone serve', () => {
  it('prints its address, serves the dashboard, and on SIGTERM finishes its calls and exits with 0', async () => {
    await using server = await ServedProcess.start('--port', '0');
    const { url, socketUrl } = server;
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${url}/`)).text()).toContain('<html');
    const publisher = await new Publisher(socketUrl).start('call');
    const subscriber = await new Subscriber(socketUrl).start('call');
    publisher.sendAudio(0);
    await subscriber.untilType('session.started');
    expect(await server.kill('SIGTERM')).toBe(0);
    expect(await subscriber.untilType('session.ended')).toMatchObject({ reason: 'shutdown' });
    expect(server.stderr).not.toContain('Ann Example');
  });

  it('takes the next port when the usual one is taken, and none but the one that it was told', async () => {
    const blocker = createServer().listen(DEFAULT_PORT, '127.0.0.1');
    // Someone else may hold the port already; then it is taken just as well.
    await Promise.race([once(blocker, 'listening'), once(blocker, 'error').catch(() => {})]);
    await using server = await ServedProcess.start();
    expect(server.port).toBeGreaterThan(DEFAULT_PORT);
    expect(await server.kill('SIGTERM')).toBe(0);
    await expect(ServedProcess.start('--port', String(DEFAULT_PORT))).rejects.toThrow(
      /exited with 1: .*port 7700 .* is taken/,
    );
    blocker.close();
  });
});

describe('undertone serve with an operating point that the bundle lacks', () => {
  it('says so in one line that lists those that there are, and exits as for any wrong setting', async () => {
    await expect(ServedProcess.start('--port', '0', '--operating-point', 'best')).rejects.toThrow(
      /^exited with 2: undertone serve: --operating-point: The model bundle has no operating point "best": it has .+\.\n$/,
    );
  });
});

describe('undertone serve without its models', () => {
  it('says so in one line', async () => {
    await expect(ServedProcess.start('--port', '0', '--model-bundle', '/nowhere')).rejects.toThrow(
      /exited with 1: undertone serve: the models cannot be loaded: .*\n$/,
    );
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CONFIG_GROUPS } from '../../server/config/config-groups.ts';
import { CONFIG_OPTIONS } from '../../server/config/config-options.ts';
import { temporaryFolder } from '../support/recordings.ts';

const CLI = fileURLToPath(new URL('../../server/undertone.mjs', import.meta.url));
const env = (extra: Record<string, string> = {}) => ({ PATH: process.env.PATH ?? '', ...extra });

function undertone(args: string[], extra: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env: env(extra), encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  it('prints its commands and its version', () => {
    expect(undertone(['--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('undertone analyze FILE'),
    });
    expect(undertone(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('keeps its compiled code in the checkout, so that the next start is faster', () => {
    const script = `
      import { getCompileCacheDir } from 'node:module';
      process.argv = [process.execPath, 'undertone', '--version'];
      await import(${JSON.stringify(pathToFileURL(CLI).href)});
      console.log(getCompileCacheDir());`;
    const args = ['--input-type=module', '--eval', script];
    const { stdout } = spawnSync(process.execPath, args, { env: env(), encoding: 'utf8' });
    expect(stdout).toContain(join(dirname(CLI), '../.cache/compiled'));
  });

  it('refuses a command that it does not know with a hint and exit code 2', () => {
    expect(undertone(['anlayze'])).toEqual({
      status: 2,
      stdout: '',
      stderr: "undertone: there is no command 'anlayze'; did you mean undertone analyze?\n",
    });
    expect(undertone(['frobnicate']).stderr).toBe(
      "undertone: there is no command 'frobnicate'; see undertone --help\n",
    );
    expect(undertone(['constructor']).status).toBe(2);
  });

  it('refuses wrong settings in one line and exit code 2', () => {
    expect(undertone(['serve', '--port', 'x'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'undertone serve: --port is not a number\n',
    });
  });

  it('ends a command that waits for its input at the first Ctrl-C', async () => {
    const manifest = join(temporaryFolder(), 'manifest');
    spawnSync('mkfifo', [manifest]);
    const args = ['features', '--batch', manifest, '--out', temporaryFolder()];
    const child = spawn(process.execPath, [CLI, ...args], { env: env(), stdio: 'ignore' });
    const ended = once(child, 'close');
    // A named pipe opens once the command reads it.
    const pipe = await open(manifest, 'w');
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    await pipe.close();
  });

  it('prints the settings that it would use, the token masked', () => {
    const token = 'a-secret-of-some-length-and-more';
    const { status, stdout } = undertone(['serve', '--print-config', '--port', '1234'], { UNDERTONE_TOKEN: token });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ port: 1234, token: '***' });
    expect(stdout).not.toContain(token);
  });

  it('makes a publisher’s token with the secret of the environment, and says what is missing', () => {
    const secret = { UNDERTONE_TOKEN: 'a-secret-of-some-length-and-more' };
    const { status, stdout } = undertone(
      ['token', '--role', 'customer', '--session', 'call-1', '--minutes', '5'],
      secret,
    );
    expect(status).toBe(0);
    const claims = JSON.parse(Buffer.from(stdout.split('.')[1]!, 'base64url').toString());
    expect(claims).toMatchObject({ scope: 'publish', role: 'customer', session: 'call-1' });
    expect(claims.exp - Date.now() / 1000).toBeGreaterThan(280);
    for (const [args, extra, message] of [
      [[], {}, 'set UNDERTONE_TOKEN'],
      [['--role', 'emperor'], secret, '--role must be among customer'],
      [['--session', 'a b'], secret, '--session is not an id'],
      [['--minutes', '0'], secret, '--minutes must be'],
    ] as const) {
      expect(undertone(['token', ...args], extra)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(message),
      });
    }
  });

  it.each([
    ['serve', '--max-session', '--max-sessions'],
    ['serve', '--no-sampel', '--no-sample'],
    ['doctor', '--web-rtc-port', '--webrtc-port'],
    ['analyze', '--transcripts', '--transcript'],
    ['features', '--bacth', '--batch'],
    ['token', '--rolle', '--role'],
  ])('suggests the option that %s %s most likely means', (command, written, meant) => {
    const { stdout, stderr } = undertone([command, written]);
    expect(stdout + stderr).toContain(`Unknown option '${written}'; did you mean ${meant}?`);
  });

  it('lists every setting of serve under a heading, in lines that fit a terminal', () => {
    const { stdout } = undertone(['serve', '--help']);
    for (const { title } of CONFIG_GROUPS) expect(stdout).toContain(`\n${title}:\n`);
    for (const { env, flag } of CONFIG_OPTIONS) expect(stdout).toContain(`\n  ${flag ?? env}`);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(stdout).toContain('--max-sessions VALUE');
    expect(stdout).toContain('UNDERTONE_TOKEN (environment only)');
  });
});

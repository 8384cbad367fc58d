import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../server/undertone.mjs', import.meta.url));
const TRANSPORT_SERVER = fileURLToPath(new URL('./ingest/transport-server.ts', import.meta.url));

export interface ServerProcess extends AsyncDisposable {
  readonly url: string;
  /** The sum of a metric over its labels; NaN when there is none of this name. */
  metrics(): Promise<(name: string) => number>;
}

/**
 * `undertone serve` in a process of its own, on a free port, with its default settings but for `flags` and `env`. It keeps
 * its history in memory, so that a measurement leaves nothing behind.
 */
export function startServerProcess(
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  return startProcess([CLI, 'serve', '--port', '0', '--log-level', 'error', '--data-dir', ':memory:', ...flags], env);
}

/** Takes media by every way in and drops it: see `ingest/transport-server.ts`. */
export function startTransportProcess(): Promise<ServerProcess> {
  return startProcess([TRANSPORT_SERVER]);
}

async function startProcess(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, args, {
    env: { PATH, ...more },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      const found = /(http:\/\/\S+?)\/\s/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    exited.then(([code]) => reject(new Error(`the server exited with ${code}`)), reject);
  });
  return {
    url,
    async metrics() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return (name) => {
        const found = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
        return found.length === 0 ? Number.NaN : found.reduce((sum, [, value]) => sum + Number(value), 0);
      };
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MIB } from '../../server/byte-units.ts';
import type { StartOptions } from './attack-case.ts';

// They end what hangs. A busy machine may be ten times slower.
const READY_WITHIN_MS = 180_000;
const STOP_WITHIN_MS = 60_000;
const PAGE_BYTES = 4096;

/** On a busy machine every server is late. Whether neighbours suffer is what the cases measure. */
const NOBODY_IS_REFUSED = { UNDERTONE_MAX_LAG_MS: '3600000', UNDERTONE_MAX_LOAD_PERCENT: '100000' };

/** `undertone serve` in a process of its own: what happens to it happens to no one else. */
export class ServerUnderAttack implements AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:40123`. WebRTC's UDP port has the same number. */
  readonly url: string;
  /** The same as `ws://…`. */
  readonly socketUrl: string;
  /** Headers that carry the server's token; none where it has none. */
  readonly headers: Readonly<Record<string, string>>;
  /** Every line that the server logged so far, as JSON text. Empty unless the log is kept. */
  readonly logLines: readonly string[];
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #answerWithinMs: number;
  #wasKilled = false;

  private constructor(options: Started) {
    const { child, exited, url, logLines, token, answerWithinMs } = options;
    this.#child = child;
    this.#exited = exited;
    this.#answerWithinMs = answerWithinMs;
    this.url = url;
    this.socketUrl = url.replace('http', 'ws');
    this.logLines = logLines;
    this.headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /**
   * @param folder - of the checkout whose server is started
   * @param answerWithinMs - time in which it must answer `/healthz` under attack, in ms
   */
  static async start(folder: string, options: StartOptions, answerWithinMs: number): Promise<ServerUnderAttack> {
    const { token, env = {}, log = 'keep' } = options;
    const logLines: string[] = [];
    const full = log === 'full' ? openSync('/dev/full', 'w') : undefined;
    const child = spawn(process.execPath, [join(folder, 'server/undertone.mjs'), 'serve', '--port', '0'], {
      env: {
        PATH: process.env.PATH ?? '',
        ...NOBODY_IS_REFUSED,
        UNDERTONE_DATA_DIR: ':memory:',
        ...(token !== undefined && { UNDERTONE_TOKEN: token }),
        ...env,
      },
      stdio: ['ignore', 'pipe', full ?? 'pipe'],
    });
    if (full !== undefined) closeSync(full);
    const exited = once(child, 'exit');
    if (log === 'keep') collectLines(child, logLines);
    const url = await readUrl(child, exited, logLines);
    return new ServerUnderAttack({ child, exited, url, logLines, token, answerWithinMs });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** False once the process has ended. */
  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** @throws Error when the process has ended or does not answer `/healthz` in time. */
  async mustAnswer(): Promise<void> {
    this.mustRun();
    const answer = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(this.#answerWithinMs) });
    if (answer.status !== 200) throw new Error(`/healthz answered ${answer.status}`);
  }

  /** @throws Error when the process has ended although nobody killed it, with the end of its log. */
  mustRun(): void {
    if (this.isRunning || this.#wasKilled) return;
    const { exitCode, signalCode } = this.#child;
    throw new Error(`the server exited with ${exitCode ?? signalCode}:\n${this.logLines.slice(-8).join('\n')}`);
  }

  /** Memory that the process holds in RAM, in MiB. */
  residentMib(): number {
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]);
    return (pages * PAGE_BYTES) / MIB;
  }

  /** Files and sockets that the process holds open. */
  openHandles(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  /** Value of a metric, its name with labels as Prometheus writes them; NaN when there is none of this name. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`, { headers: this.headers })).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
    return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
  }

  /** Sends a signal, such as SIGKILL, and waits for the process to end. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    this.#wasKilled = true;
    this.#child.kill(signal);
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isRunning) return;
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_WITHIN_MS);
    await this.kill('SIGTERM');
    clearTimeout(timer);
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly url: string;
  readonly logLines: readonly string[];
  readonly token: string | undefined;
  readonly answerWithinMs: number;
}

function collectLines(child: ChildProcess, lines: string[]): void {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
}

async function readUrl(child: ChildProcess, exited: Promise<unknown>, logLines: readonly string[]): Promise<string> {
  const found = Promise.withResolvers<string>();
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    const url = /(http:\/\/\S+?)\/\s/.exec(stdout)?.[1];
    if (url !== undefined) found.resolve(url);
  });
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    found.reject(new Error('the server did not start in time'));
  }, READY_WITHIN_MS);
  void exited.then(() => found.reject(new Error(`the server did not start:\n${logLines.join('\n')}`)));
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
  }
}

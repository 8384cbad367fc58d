import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CLI } from './command-line.ts';

/** On a busy machine every server is late. None of these tests is about that. */
const NOBODY_IS_REFUSED = { UNDERTONE_MAX_LAG_MS: '3600000', UNDERTONE_MAX_LOAD_PERCENT: '100000' };

/** `undertone serve` in a process of its own, as a user runs it. Without `--data-dir`, it writes nothing to a disk. */
export class ServedProcess implements AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Its exit status. Null if a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #output: Output;

  private constructor(child: ChildProcess, exited: Promise<number | null>, url: string, output: Output) {
    this.#child = child;
    this.exited = exited;
    this.url = url;
    this.#output = output;
  }

  /** Resolves once the server listens. Rejects with its standard error when it ends before. */
  static async start(...flags: string[]): Promise<ServedProcess> {
    const { PATH = '' } = process.env;
    const env = { PATH, UNDERTONE_DATA_DIR: ':memory:', ...NOBODY_IS_REFUSED };
    const child = spawn(process.execPath, [CLI, 'serve', ...flags], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = once(child, 'exit').then(([code]) => code as number | null);
    const output: Output = { stdout: '', stderr: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.stdout += text;
        const found = /Dashboard {3}(http:\S+?)\/\n/.exec(output.stdout)?.[1];
        if (found !== undefined) resolve(found);
      });
      void exited.then((code) => reject(new Error(`exited with ${code}: ${output.stderr}`)));
    });
    return new ServedProcess(child, exited, url, output);
  }

  get stdout(): string {
    return this.#output.stdout;
  }

  get stderr(): string {
    return this.#output.stderr;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get socketUrl(): string {
    return this.url.replace('http', 'ws');
  }

  /** Sends a signal and waits for the end of the process. */
  async kill(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
  }
}

interface Output {
  stdout: string;
  stderr: string;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface PythonScript {
  /** The Python that runs it. */
  readonly python: string;
  readonly script: string;
  readonly args?: readonly string[];
  /** What it needs, as arguments of `pip install`. */
  readonly needs: string;
}

/** A Python process that answers each line with a line of JSON. */
export class PythonProcess {
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** What it said of itself before the first answer. */
  readonly greeting: Readonly<Record<string, unknown>>;

  /** @throws Error with one line that says what is missing. */
  static async open({ python, script, args = [], needs }: PythonScript): Promise<PythonProcess> {
    const child = spawn(python, [script, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint = (complaint + text).slice(-4000);
    });
    child.stdin.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const failed = once(child, 'error').then(([error]) => {
      throw error;
    });
    const first = await Promise.race([lines.next(), failed]).catch(() => null);
    if (first === null || first.done) {
      const lack = /No module named '[^']*'/.exec(complaint)?.[0] ?? complaint.trim().split('\n').at(-1);
      throw new Error(
        `${python} cannot run the references${lack ? ` (${lack})` : ''}: pip install ${needs}, or name another with --python`,
      );
    }
    return new PythonProcess(child, lines, JSON.parse(first.value));
  }

  private constructor(process: ChildProcess, lines: AsyncIterator<string>, greeting: Record<string, unknown>) {
    this.#process = process;
    this.#lines = lines;
    this.greeting = greeting;
  }

  async ask<Answer>(line: string): Promise<Answer> {
    this.#process.stdin!.write(`${line}\n`);
    const answer = await this.#lines.next();
    if (answer.done) throw new Error('the references ended before their time');
    return JSON.parse(answer.value) as Answer;
  }

  close(): void {
    this.#process.stdin!.end();
  }
}

import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CommandIo } from '../../../server/commands/command.ts';

/** The command as it is installed. */
export const CLI = fileURLToPath(new URL('../../../server/undertone.mjs', import.meta.url));

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the `undertone` command as a user does: in a separate process, with output to files or pipes. */
export async function undertone(...args: string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const status = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, stdout, stderr] = await Promise.all([status, text(child.stdout), text(child.stderr)]);
  return { status: code, stdout, stderr };
}

/**
 * Runs a command in this process, with its output to pipes. It saves the start of a process and the loading of its code.
 *
 * @param run - the function that `server/cli.ts` calls with the arguments after the command's name.
 */
export async function inProcess(
  run: (argv: readonly string[], io: CommandIo) => Promise<number>,
  ...args: string[]
): Promise<CommandResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()] as unknown as [Pipe, Pipe];
  const output = Promise.all([text(stdout), text(stderr)]);
  const status = await run(args, { stdout, stderr, signal: new AbortController().signal });
  stdout.end();
  stderr.end();
  const [printed, told] = await output;
  return { status, stdout: printed, stderr: told };
}

/** What a process has as an output stream that leads to a pipe. */
type Pipe = NodeJS.WriteStream;

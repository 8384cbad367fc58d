#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { CommandIo } from './commands/command.ts';
import { outputProblem } from './commands/output-error.ts';
import { nearestName } from './nearest-name.ts';
import { printable } from './printable.ts';

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

/** A command's code is loaded only when it runs, so that `--help` needs no model runtime. */
const COMMANDS: Readonly<Record<string, () => Promise<{ readonly run: Command }>>> = {
  serve: () => import('./commands/serve.ts'),
  analyze: () => import('./commands/analyze.ts'),
  features: () => import('./commands/features.ts'),
  token: () => import('./commands/token.ts'),
  doctor: () => import('./commands/doctor.ts'),
};

const USAGE = `Undertone: emotion events from the voice, face and words of a call.

  undertone serve                run the server and its dashboard
  undertone analyze FILE         analyze a recording
  undertone features FILE        print the acoustic and facial features of a recording
  undertone features --batch M   write the features of a corpus as NumPy files
  undertone token                make a token for a page that publishes
  undertone doctor               find out what would keep the server from working here

  undertone COMMAND --help       show the options of a command
  undertone --version
`;

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE);
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const nearest = nearestName(name, Object.keys(COMMANDS));
    const hint = nearest === null ? 'see undertone --help' : `did you mean undertone ${nearest}?`;
    process.stderr.write(`undertone: there is no command '${printable(name)}'; ${hint}\n`);
    return 2;
  }
  // If the reader of the output exits, as `head` does, a command that prints ends as if by SIGPIPE. A server continues.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (name === 'serve') return;
    if (error.code === 'EPIPE') process.exit(141);
    process.stderr.write(`undertone ${name}: cannot write the output: ${outputProblem(error) ?? error.message}\n`);
    process.exit(1);
  });
  process.stderr.on('error', () => {});
  const { run } = await load();
  const signal = stopSignal();
  // A server closes in its own time. Any other command ends soon, whatever it waits for.
  if (name !== 'serve') signal.addEventListener('abort', () => setTimeout(endBySignal, EXIT_WITHIN_MS));
  const code = await run(rest, { stdout: process.stdout, stderr: process.stderr, signal });
  if (name !== 'serve' && signal.aborted) process.exit(code);
  // Unread output must not keep a closed server from exiting.
  if (name === 'serve') setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
  return code;
}

/** Time for the last output after a server has closed, and for a command to end after Ctrl-C, in ms. */
const EXIT_WITHIN_MS = 1000;

/** npm forwards an interrupt that the terminal has already sent. A second signal within this time, in ms, is ignored. */
const SAME_SIGNAL_MS = 500;

/** The first Ctrl-C or SIGTERM aborts the signal. A second one ends the process at once. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  let stoppedAtMs = 0;
  const stop = () => {
    if (!controller.signal.aborted) {
      stoppedAtMs = performance.now();
      controller.abort();
    } else if (performance.now() - stoppedAtMs > SAME_SIGNAL_MS) {
      process.exit(130);
    }
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

/** `process.exit()` would wait for a thread that reads from a pipe. */
function endBySignal(): void {
  process.removeAllListeners('SIGINT');
  process.kill(process.pid, 'SIGINT');
}

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

process.exitCode = await main(process.argv.slice(2));

#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import type { CommandIo } from './commands/command.ts';
import { printable } from './printable.ts';

type Command = (argv: readonly string[], io: CommandIo) => Promise<number>;

/** Each is loaded when it is asked for: `--help` needs no model runtime. */
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
  undertone features FILE        print the named features of a recording
  undertone features --batch M   write the features of a corpus as NumPy files
  undertone token                make a publisher's own token
  undertone doctor               check what a deployment trips over

  undertone COMMAND --help       options of a command
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
    process.stderr.write(`undertone: there is no command '${printable(name)}'; try undertone --help\n`);
    return 2;
  }
  // A reader that has gone, such as `head`, ends a command that prints. A server goes on.
  process.stdout.on('error', () => {
    if (name !== 'serve') process.exit(1);
  });
  process.stderr.on('error', () => {});
  const { run } = await load();
  const code = await run(rest, { stdout: process.stdout, stderr: process.stderr, signal: stopSignal() });
  // What nobody reads any more, such as the log, must not keep a server that has closed.
  if (name === 'serve') setTimeout(() => process.exit(), EXIT_WITHIN_MS).unref();
  return code;
}

/** Time that what is still on its way out has once a server is closed, in ms. */
const EXIT_WITHIN_MS = 1000;

/** npm passes Ctrl-C on to a process that the terminal has already told: that is no second one. */
const SAME_SIGNAL_MS = 500;

/** Aborted by the first Ctrl-C or SIGTERM; a second one ends the process at once. */
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

function version(): string {
  const file = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

process.exitCode = await main(process.argv.slice(2));

import { RecordingError } from '../ingest/file/recording-error.ts';
import { printable } from '../printable.ts';
import type { CommandIo } from './command.ts';

/** A command was used wrongly, or its input cannot be read. The message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command that ends by itself. */
export interface Command<A extends { readonly values: { readonly help: boolean } }> {
  readonly name: string;
  /** Printed for `--help`. */
  readonly usage: string;
  /** @throws TypeError when the arguments do not fit the options. */
  readonly parse: (argv: readonly string[]) => A;
  /** @throws UsageError or RecordingError: exit code 2 with the message. */
  readonly run: (args: A, io: CommandIo) => Promise<void>;
}

/** Runs a command. Resolves to the exit code: 0 done, 2 wrong usage or unreadable input, 130 interrupted. */
export async function runCommand<A extends { readonly values: { readonly help: boolean } }>(
  { name, usage, parse, run }: Command<A>,
  argv: readonly string[],
  io: CommandIo,
): Promise<number> {
  const refuse = (message: string): number => {
    io.stderr.write(`undertone ${name}: ${printable(message)}\n`);
    return 2;
  };
  let args: A;
  try {
    args = parse(argv);
  } catch (error) {
    return refuse(`${(error as Error).message} (see undertone ${name} --help)`);
  }
  if (args.values.help) {
    io.stdout.write(usage);
    return 0;
  }
  try {
    await run(args, io);
    return 0;
  } catch (error) {
    if (io.signal.aborted) return 130;
    if (error instanceof UsageError || error instanceof RecordingError) return refuse(error.message);
    throw error;
  }
}

import { RecordingError } from '../ingest/file/recording-error.ts';
import { printable } from '../printable.ts';
import type { CommandIo } from './command.ts';
import { outputProblem } from './output-error.ts';

/** A command was used wrongly, or its input cannot be read. The message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The output could not be written. The message says where, and why. */
export class OutputError extends Error {
  override readonly name = 'OutputError';
}

/** Exit code of a command whose output nobody reads any more: as if SIGPIPE had ended it. */
const READER_LEFT = 141;

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

/**
 * Runs a command. Resolves to the exit code: 0 done, 1 failed, 2 wrong usage or unreadable input, 130 interrupted, 141
 * nobody reads the output. Whatever fails is told in one line.
 */
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
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return READER_LEFT;
    const problem = outputProblem(error);
    refuse(
      error instanceof OutputError
        ? error.message
        : problem === null
          ? `it failed: ${chainOf(error)}`
          : `cannot write the output: ${problem}`,
    );
    return 1;
  }
}

/** The messages of an error and its causes, as one line. */
function chainOf(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each !== undefined && messages.length < 5; each = (each as { cause?: unknown }).cause) {
    messages.push(each instanceof Error ? each.message : String(each));
    if (!(each instanceof Error)) break;
  }
  return messages.join(': ').replace(/\s+/g, ' ');
}

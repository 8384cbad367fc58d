import { StageError, WordsError } from '../../pipeline/index.ts';
import { printable } from '../printable.ts';
import { DescribedError } from './described-error.ts';

/** An error in the form that a log line carries. */
export interface DescribedCause {
  /** The error and its causes, outermost first, such as `ModelError (failed): it broke ← Error: out of memory`. */
  readonly cause: string;
  /** The innermost stack frames, such as `at run (file:///…/session.ts:12:3)`. Left out when there are none. */
  readonly at?: string;
}

const MAX_CAUSES = 6;
const MAX_MESSAGE_LENGTH = 300;
const MAX_FRAMES = 6;

/**
 * Describes an error for the log. The length is limited. An error that may quote the words of a call ({@link
 * WordsError}) is described only by its class names and stack frames.
 */
export function describeCause(error: unknown): DescribedCause {
  const told: string[] = [];
  let frames: readonly string[] = [];
  let mayQuote = false;
  let current = error;
  for (let depth = 0; depth < MAX_CAUSES && current !== undefined; depth++) {
    if (current instanceof DescribedError) {
      told.push(current.described.cause);
      frames = current.described.at === undefined ? frames : [current.described.at];
      break;
    }
    if (current instanceof WordsError) mayQuote = true;
    else if (!(current instanceof StageError)) told.push(describe(current, mayQuote));
    if (!(current instanceof Error)) break;
    frames = framesOf(current) ?? frames;
    current = current.cause;
  }
  const cause = told.join(' ← ') || 'unknown';
  return frames.length === 0 ? { cause } : { cause, at: frames.join(' ') };
}

function describe(error: unknown, mayQuote: boolean): string {
  if (!(error instanceof Error)) return mayQuote ? `a thrown ${typeof error}` : shorten(String(error));
  // The error's name and code may contain anything. The name of its class comes from source code.
  if (mayQuote) return `${error.constructor.name} (message withheld: it may quote the call)`;
  const { code } = error as { code?: unknown };
  const name = typeof code === 'string' ? `${error.name} (${code})` : error.name;
  return error.message === '' ? name : `${name}: ${shorten(error.message)}`;
}

function shorten(message: string): string {
  const line = printable(message.trim());
  return line.length <= MAX_MESSAGE_LENGTH ? line : `${line.slice(0, MAX_MESSAGE_LENGTH)}…`;
}

/** The frames of an error's stack. Null when there are none, or when they cannot be separated from the message. */
function framesOf({ stack = '', message }: Error): string[] | null {
  const at = stack.indexOf(message);
  if (at < 0) return null;
  const frames = stack.slice(at + message.length).match(/^ {4}at .+$/gm);
  return frames === null ? null : frames.slice(0, MAX_FRAMES).map((frame) => frame.trim());
}

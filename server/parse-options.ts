import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearestName } from './nearest-name.ts';

/**
 * Node's `parseArgs` with errors for people: one line that says what is wrong, with the nearest name for an unknown
 * option.
 *
 * @throws TypeError when the arguments do not match the options.
 */
export function parseOptions<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new TypeError(withNearest(firstSentence(error), config), { cause: error });
  }
}

function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(/\n|\. /)[0] ?? message;
}

function withNearest(message: string, { options = {}, allowNegative = false }: ParseArgsConfig): string {
  const written = /^Unknown option '(--[^']+)'$/.exec(message)?.[1];
  if (written === undefined) return message;
  const names = Object.entries(options).flatMap(([name, { type }]) =>
    allowNegative && type === 'boolean' ? [`--${name}`, `--no-${name}`] : [`--${name}`],
  );
  const nearest = nearestName(written, names);
  return nearest === null ? message : `${message}; did you mean ${nearest}?`;
}

import { ModelError } from '../../models/index.ts';

/**
 * An error whose message, or that of one of its causes, may quote the words of a call. It must not be logged or sent as
 * it is: a log takes its name and its stack frames only.
 */
export class WordsError extends Error {
  override readonly name = 'WordsError';

  constructor(cause: unknown) {
    super('an error that may quote the words of the call', { cause });
  }
}

/** Words in a row that an error must share with a text to count as quoting it. */
const QUOTED_WORDS = 2;

/**
 * The error, wrapped in a {@link WordsError} where its message, or that of a cause, quotes the text. A `ModelError` never
 * does: the models see numbers only.
 */
export function guardWords(error: unknown, text: string | null): unknown {
  if (text === null) return error;
  const spoken = wordsOf(text);
  const run = Math.min(QUOTED_WORDS, spoken.length);
  if (run === 0) return error;
  for (let cause = error, depth = 0; cause !== undefined && depth < 8; depth++) {
    if (cause instanceof ModelError) return error;
    const said = ` ${wordsOf(cause instanceof Error ? cause.message : String(cause)).join(' ')} `;
    for (let from = 0; from + run <= spoken.length; from++) {
      if (said.includes(` ${spoken.slice(from, from + run).join(' ')} `)) return new WordsError(error);
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return error;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Words that a search may have. */
const MAX_TERMS = 8;
/** Length of the search's text, in UTF-16 code units. */
export const MAX_SEARCH_CHARACTERS = 200;

/**
 * Turns what a person types into a query of FTS5: all words must occur, and words in double quotes follow each other.
 * Every word is quoted, so that no word of the person is an operator. Null if there is no word in it.
 */
export function toMatch(text: string): string | null {
  const terms: string[] = [];
  for (const [, phrase, word] of text.slice(0, MAX_SEARCH_CHARACTERS).matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    const term = (phrase ?? word ?? '').replaceAll('\0', ' ');
    if (/[\p{L}\p{N}]/u.test(term)) terms.push(`"${term}"`);
    if (terms.length === MAX_TERMS) break;
  }
  return terms.length === 0 ? null : terms.join(' AND ');
}

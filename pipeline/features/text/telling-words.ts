/** Words that are examined: about 300 bytes of a European language. */
const MAX_WORDS = 50;
/** Characters that are examined. */
const MAX_CHARACTERS = 2000;

/** Interjections and greetings that many languages share, or that recognisers write alike in all. Doubled letters are single here. */
const SHARED_WORDS: ReadonlySet<string> = new Set(
  (
    'ah aha alo aw bye eh er erm ew ey ha halo he helo hey hi hm hola huh la mhm mm na no nah oh oi ok okay okey ow ' +
    'taxi uh uhuh um wow whoa woah yeah yep yes'
  ).split(' '),
);
const LAUGHTER = /^(?:h[aeio]){2,}h?$/u;
const LETTER = /^\p{Script=Latin}$/u;

/**
 * The words of a text that tell its language, in lower case, each once: no numbers, spelled letters, interjections or
 * laughter.
 */
export function tellingWords(text: string): string[] {
  const told = new Set<string>();
  for (const [word] of text
    .slice(0, MAX_CHARACTERS)
    .toLowerCase()
    .matchAll(/[\p{L}\p{M}\p{N}'’]+/gu)) {
    if (told.size < MAX_WORDS && tells(word)) told.add(word);
  }
  return [...told];
}

function tells(word: string): boolean {
  if (/\p{N}/u.test(word) || !/\p{L}/u.test(word) || LETTER.test(word) || LAUGHTER.test(word)) return false;
  return !SHARED_WORDS.has(word) && !SHARED_WORDS.has(word.replace(/(.)\1+/gu, '$1'));
}

/**
 * Characters that control a terminal or the direction of text: C0, DEL, C1, line separators, directions, lone
 * surrogates.
 */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Surrogate}/gu;

/** The same characters, except those that JSON escapes. */
const UNPRINTABLE_IN_JSON = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes foreign text safe to print on one line of a terminal: names, titles, words and file names. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (/\s/.test(character) ? ' ' : '\ufffd'));
}

/**
 * Escapes the characters in JSON text that control a terminal. The JSON keeps its meaning. `JSON.stringify` does not
 * escape C1 and direction characters.
 */
export function printableJson(json: string): string {
  return json.replace(
    UNPRINTABLE_IN_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

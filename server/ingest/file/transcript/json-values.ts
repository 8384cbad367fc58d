/** Most values of one file. */
const MAX_VALUES = 200_000;
/** What stands before each value of a JSON text sequence (RFC 7464). */
const RECORD_SEPARATOR = '\x1e';

/**
 * The values of a file with one JSON value, or with several that follow each other (JSON Lines, or the log of a
 * recogniser). Null: it is neither. Linear in the length of the text.
 *
 * @throws SyntaxError of `JSON.parse` if it has one value that is broken.
 */
export function jsonValues(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const pieces = topLevelPieces(withoutNaN(text));
    if (pieces.length === 1 && /NaN|Infinity/.test(text)) return [JSON.parse(pieces[0]!)];
    if (pieces.length < 2) throw error;
    const values: unknown[] = [];
    for (const [index, piece] of pieces.entries()) {
      try {
        values.push(JSON.parse(piece));
      } catch (cause) {
        // The last value may have been cut off.
        if (index < pieces.length - 1) throw cause;
      }
    }
    return values;
  }
}

/** Cuts the text between values at the top level. */
function topLevelPieces(text: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let start = -1;
  let isString = false;
  for (let at = 0; at < text.length && pieces.length < MAX_VALUES; at++) {
    const char = text[at]!;
    if (isString) {
      if (char === '\\') at += 1;
      else if (char === '"') isString = false;
    } else if (char === '"') {
      isString = true;
    } else if (char === '{' || char === '[') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth < 0) return [];
      if (depth === 0) pieces.push(text.slice(start, at + 1));
    } else if (depth === 0 && !(/[\s,]/.test(char) || char === RECORD_SEPARATOR)) {
      return [];
    }
  }
  if (depth > 0 && start >= 0) pieces.push(text.slice(start));
  return pieces;
}

/** Replaces what Python writes for numbers that are none. JSON has no such values. */
function withoutNaN(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  let plain = '';
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const string = quote < 0 ? text.length : quote;
    plain += text.slice(at, string).replace(/-?\b(?:NaN|Infinity)\b/g, 'null');
    at = string + 1;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    at += 1;
    plain += text.slice(string, at);
  }
  return plain;
}

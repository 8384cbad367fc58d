const STRING = /"(?:[^"\\]|\\.)*"/y;
const COLON = /\s*:/y;

/**
 * True when an object in JSON text has the same name twice at its top level. Parsers disagree on which of the two
 * counts.
 *
 * @param json - text of an object that `JSON.parse` accepts.
 */
export function hasDuplicateNames(json: string): boolean {
  const names = new Set<string>();
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (character !== '"') continue;
    STRING.lastIndex = at;
    const text = STRING.exec(json)?.[0];
    if (text === undefined) return false;
    at += text.length - 1;
    COLON.lastIndex = at + 1;
    if (depth !== 1 || !COLON.test(json)) continue;
    const name = JSON.parse(text) as string;
    if (names.has(name)) return true;
    names.add(name);
  }
  return false;
}

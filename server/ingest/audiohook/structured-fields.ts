/** A member of a structured dictionary (RFC 8941), of one of the two kinds that HTTP signatures use. */
export type DictionaryMember =
  /** `("a" "b");created=1;nonce="x"`. `text` is the member as sent. */
  | {
      readonly kind: 'list';
      readonly text: string;
      readonly items: readonly string[];
      readonly parameters: ReadonlyMap<string, string | number>;
    }
  /** `:aGVsbG8=:` */
  | { readonly kind: 'bytes'; readonly bytes: Buffer };

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const STRING = /"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const INTEGER = /-?\d{1,15}/y;
const BYTES = /:([A-Za-z0-9+/]*={0,2}):/y;
const SPACES = / */y;
const COMMA = /[ \t]*,[ \t]*/y;

/**
 * Reads a structured dictionary. Its members are byte sequences, or inner lists of strings with string or integer
 * parameters. Null for anything else, because a signature header holds nothing else.
 */
export function parseDictionary(text: string): ReadonlyMap<string, DictionaryMember> | null {
  const members = new Map<string, DictionaryMember>();
  const reader = new Reader(text);
  for (;;) {
    const key = reader.take(KEY)?.[0];
    if (key === undefined || !reader.takeText('=')) return null;
    const member = reader.peek('(') ? parseInnerList(reader) : parseBytes(reader);
    if (member === null) return null;
    members.set(key, member);
    if (reader.atEnd) return members;
    if (reader.take(COMMA) === null) return null;
  }
}

function parseInnerList(reader: Reader): DictionaryMember | null {
  const start = reader.position;
  const items: string[] = [];
  reader.takeText('(');
  for (;;) {
    reader.take(SPACES);
    if (reader.takeText(')')) break;
    const item = parseString(reader);
    if (item === null || !(reader.peek(' ') || reader.peek(')'))) return null;
    items.push(item);
  }
  const parameters = new Map<string, string | number>();
  while (reader.takeText(';')) {
    reader.take(SPACES);
    const key = reader.take(KEY)?.[0];
    if (key === undefined || !reader.takeText('=')) return null;
    const value = reader.peek('"') ? parseString(reader) : reader.take(INTEGER)?.[0];
    if (value === null || value === undefined) return null;
    parameters.set(key, reader.lastWas(INTEGER) ? Number(value) : value);
  }
  return { kind: 'list', text: reader.since(start), items, parameters };
}

function parseString(reader: Reader): string | null {
  const content = reader.take(STRING)?.[1];
  return content === undefined ? null : content.replace(/\\(["\\])/g, '$1');
}

function parseBytes(reader: Reader): DictionaryMember | null {
  const content = reader.take(BYTES)?.[1];
  return content === undefined ? null : { kind: 'bytes', bytes: Buffer.from(content, 'base64') };
}

class Reader {
  readonly #text: string;
  #position = 0;
  #last: RegExp | null = null;

  constructor(text: string) {
    this.#text = text.trim();
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position === this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match !== null) {
      this.#position = pattern.lastIndex;
      this.#last = pattern;
    }
    return match;
  }

  takeText(text: string): boolean {
    const found = this.peek(text);
    if (found) this.#position += text.length;
    return found;
  }

  peek(text: string): boolean {
    return this.#text.startsWith(text, this.#position);
  }

  lastWas(pattern: RegExp): boolean {
    return this.#last === pattern;
  }

  since(start: number): string {
    return this.#text.slice(start, this.#position);
  }
}

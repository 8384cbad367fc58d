import { ModelError } from '../model-error.ts';

/** Reads a parsed JSON document field by field. A wrong field throws a one-line error that names file and field. */
export interface JsonFields {
  fields(name: string): JsonFields;
  text(name: string): string;
  /** An integer ≥ 0. */
  count(name: string): number;
  /** A finite number. */
  number(name: string): number;
  list(name: string): readonly unknown[];
  /** Each item of a list of objects. */
  items(name: string): readonly JsonFields[];
  names(): readonly string[];
  /** Throws the error for a field that is not `expected`. */
  refuse(name: string, expected: string): never;
}

/**
 * @param file - names the document in errors
 * @throws ModelError `invalid-bundle`; so does every method
 */
export function readFields(file: string, value: unknown, path = ''): JsonFields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw ModelError.invalidBundle(`${file}: ${path || 'the document'} must be an object.`);
  }
  const record = value as Readonly<Record<string, unknown>>;
  const pathOf = (name: string) => (path === '' ? name : `${path}.${name}`);

  function refuse(name: string, expected: string): never {
    const found = record[name] === undefined ? 'missing' : JSON.stringify(record[name]).slice(0, 80);
    throw ModelError.invalidBundle(`${file}: ${pathOf(name)} must be ${expected}, is ${found}.`);
  }
  function list(name: string): readonly unknown[] {
    const found = record[name];
    return Array.isArray(found) ? found : refuse(name, 'a list');
  }
  return {
    refuse,
    list,
    fields: (name) => readFields(file, record[name], pathOf(name)),
    items: (name) => list(name).map((item, index) => readFields(file, item, `${pathOf(name)}[${index}]`)),
    names: () => Object.keys(record),
    text(name) {
      const found = record[name];
      return typeof found === 'string' && found !== '' ? found : refuse(name, 'a text');
    },
    number(name) {
      const found = record[name];
      return typeof found === 'number' && Number.isFinite(found) ? found : refuse(name, 'a number');
    },
    count(name) {
      const found = record[name];
      return typeof found === 'number' && Number.isSafeInteger(found) && found >= 0
        ? found
        : refuse(name, 'an integer from 0 on');
    },
  };
}

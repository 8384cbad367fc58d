import { printable } from '../../../printable.ts';
import { objectOf } from '../../sockets/foreign-json.ts';

const MAX_FIELDS = 6;
const MAX_NAME_LENGTH = 30;
/** Most values that are looked at. */
const MAX_NODES = 2000;
const TEXT_FIELDS = new Set([
  'text',
  'transcript',
  'Content',
  'content',
  'display',
  'value',
  'word',
  'punctuated_word',
]);

/** Says what a JSON value looks like, by the names of its fields, on one line. It shows no values. */
export function describeShape(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length === 0 ? 'it is an empty list' : `it is a list whose first item ${fieldsOf(value[0])}`;
  }
  return typeof value === 'object' && value !== null
    ? `it ${fieldsOf(value)}`
    : 'it holds neither an object nor a list';
}

function fieldsOf(value: unknown): string {
  const names = Object.keys(objectOf(value));
  if (names.length === 0) return 'has no fields';
  const shown = names.slice(0, MAX_FIELDS).map((name) => printable(name.slice(0, MAX_NAME_LENGTH)));
  return `has the fields ${shown.join(', ')}${names.length > MAX_FIELDS ? ', …' : ''}, which no known transcript has`;
}

/** Whether the value contains spoken text, at any depth. */
export function holdsText(value: unknown): boolean {
  const open: unknown[] = [value];
  for (let looked = 0; looked < MAX_NODES && open.length > 0; looked++) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    for (const [name, field] of Object.entries(next).slice(0, MAX_NODES)) {
      if (TEXT_FIELDS.has(name) && typeof field === 'string' && field.trim() !== '') return true;
      open.push(field);
    }
  }
  return false;
}

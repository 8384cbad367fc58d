/** A JSON object from an outside source. Its fields are unchecked. */
export type ForeignObject = Readonly<Record<string, unknown>>;

/** Default for the longest text that is taken from a field, in characters. */
const MAX_TEXT_LENGTH = 1000;

/** The value as an object. Anything else becomes an object without fields, so that its fields read as missing. */
export function objectOf(value: unknown): ForeignObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ForeignObject) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text. Null if it is not a string or longer than `maxLength` characters. */
export function textOf(value: unknown, maxLength: number = MAX_TEXT_LENGTH): string | null {
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}

/** The value as a finite number, which may be written as text (`"160"`). Null for anything else. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

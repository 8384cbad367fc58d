/** A JSON object of someone else's making: nothing is known of its fields. */
export type ForeignObject = Readonly<Record<string, unknown>>;

/** Largest text that is taken from a field, in characters, where the caller does not say. */
const MAX_TEXT_LENGTH = 1000;

/** The value as an object without fields where it is none, so that what is missing is simply missing. */
export function objectOf(value: unknown): ForeignObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ForeignObject) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value as text; null where it is none, or longer than `maxLength` characters. */
export function textOf(value: unknown, maxLength: number = MAX_TEXT_LENGTH): string | null {
  return typeof value === 'string' && value.length <= maxLength ? value : null;
}

/** The value as a finite number, which may be written as text (`"160"`); null where it is none. */
export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

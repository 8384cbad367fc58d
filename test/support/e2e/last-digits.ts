import { expect } from 'vitest';

/**
 * The same, but for the last digit of a number that lay between two: a float32 sum depends on the size of its batch by some
 * 1e-7, and rounding cannot hide that on its own edges.
 */
export function sameButForLastDigits(value: unknown): unknown {
  if (typeof value === 'number') return expect.closeTo(value, 2.6);
  if (Array.isArray(value)) return value.map(sameButForLastDigits);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, sameButForLastDigits(field)]));
}

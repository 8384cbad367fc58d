import { expect, it } from 'vitest';
import { allFinite } from '../../models/all-finite.ts';

it('allFinite finds the one value that is infinite or no number', () => {
  const values = Float32Array.of(0, -0, 1e-45, -3.4e38, 3.4e38);
  expect(allFinite(values)).toBe(true);
  expect(allFinite(new Float32Array(0))).toBe(true);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    for (let i = 0; i < values.length; i++) expect(allFinite(values.with(i, bad))).toBe(false);
  }
});

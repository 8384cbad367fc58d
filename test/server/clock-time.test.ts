import { expect, it } from 'vitest';
import { toClockTime } from '../../server/clock-time.ts';

it.each([
  [0, '0:00'],
  [999, '0:00'],
  [59_999, '0:59'],
  [61_000, '1:01'],
  [3_599_000, '59:59'],
  [3_600_000, '1:00:00'],
  [36_061_000, '10:01:01'],
])('%i ms is %s on a clock', (ms, shown) => {
  expect(toClockTime(ms)).toBe(shown);
});

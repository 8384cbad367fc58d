import { expect, it } from 'vitest';
import { measureCostPerCall } from './cost-per-call.ts';

it('measures what a call costs that comes by WHIP, with and without cameras', async () => {
  const figures = await measureCostPerCall({ seconds: 1, calls: 1, only: 'WHIP' });
  expect(figures.map(({ name }) => name)).toEqual([
    'WHIP, two voices',
    'WHIP, two voices and two cameras, 320×240 VP8',
  ]);
  for (const { measured } of figures) expect(Number.parseFloat(measured)).toBeGreaterThan(0);
});

import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCases } from './read-cases.ts';
import { runCase } from './run-case.ts';

const FOLDER = fileURLToPath(new URL('../..', import.meta.url));
/** Time to start and stop servers around a case, in ms. */
const AROUND_MS = 120_000;

describe('under attack', async () => {
  for (const attackCase of await readCases()) {
    const timeoutMs = (attackCase.timeoutMs ?? 60_000) + AROUND_MS;
    it(attackCase.name, { timeout: timeoutMs }, async () => {
      const { failure } = await runCase(attackCase, { form: 'short', folder: FOLDER, seed: 1 });
      expect(failure).toBe(null);
    });
  }
});

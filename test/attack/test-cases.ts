import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { AttackCase } from './attack-case.ts';
import { runCase } from './run-case.ts';

const FOLDER = fileURLToPath(new URL('../..', import.meta.url));
/** Time to start and stop servers around a case, in ms. */
const AROUND_MS = 120_000;

/** Makes a test of the short form of each case. */
export function testCases(area: string, cases: readonly AttackCase[]): void {
  describe(`under attack: ${area}`, () => {
    for (const attackCase of cases) {
      const timeoutMs = (attackCase.timeoutMs ?? 60_000) + AROUND_MS;
      it(attackCase.name, { timeout: timeoutMs }, async () => {
        const { failure } = await runCase(attackCase, { form: 'short', folder: FOLDER, seed: 1 });
        expect(failure).toBe(null);
      });
    }
  });
}

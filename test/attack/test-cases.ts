import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { AttackCase } from './attack-case.ts';
import { CASE_TIMEOUT_MS, hasForm, runCase, serversFor } from './run-case.ts';

const FOLDER = fileURLToPath(new URL('../..', import.meta.url));
/** Time to start and stop servers around a case, in ms. */
const AROUND_MS = 300_000;

export interface TestCasesOptions {
  /** Runs the cases at the same time. For areas whose cases mostly wait and measure no server that they share. */
  readonly atOnce?: boolean;
}

/** Makes a test of the short form of each case. */
export function testCases(area: string, cases: readonly AttackCase[], { atOnce = false }: TestCasesOptions = {}): void {
  describe(`under attack: ${area}`, { concurrent: atOnce }, () => {
    const shared = serversFor(FOLDER, 'short');
    afterAll(() => shared[Symbol.asyncDispose](), AROUND_MS);
    for (const attackCase of cases.filter((one) => hasForm(one, 'short'))) {
      const timeoutMs = (attackCase.timeoutMs ?? CASE_TIMEOUT_MS) + AROUND_MS;
      it(attackCase.name, { timeout: timeoutMs }, async () => {
        const { failure } = await runCase(attackCase, { form: 'short', folder: FOLDER, seed: 1, shared });
        expect(failure).toBe(null);
      });
    }
  });
}

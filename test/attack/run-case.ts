import { seededRandom } from '../support/e2e/seeded-random.ts';
import type { AttackCase, AttackContext } from './attack-case.ts';
import { ServerUnderAttack } from './server-under-attack.ts';

const SHORT_TIMEOUT_MS = 60_000;
const LONG_OVER_SHORT = 10;

export interface RunOptions {
  readonly form: 'short' | 'long';
  /** Folder of the checkout that is attacked. */
  readonly folder: string;
  readonly seed: number;
}

/** A value that a case measured. */
export interface AttackFigure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface AttackResult {
  /** Why the server gave way; null when it held. */
  readonly failure: unknown;
  readonly figures: readonly AttackFigure[];
  readonly seconds: number;
}

/** Runs one case, stops its servers, and checks that none of them ended by itself. */
export async function runCase(attackCase: AttackCase, { form, folder, seed }: RunOptions): Promise<AttackResult> {
  const figures: AttackFigure[] = [];
  const servers: ServerUnderAttack[] = [];
  const timeoutMs = attackCase.timeoutMs ?? SHORT_TIMEOUT_MS * (form === 'long' ? LONG_OVER_SHORT : 1);
  const abort = new AbortController();
  const context: AttackContext = {
    form,
    folder,
    random: seededRandom(seed),
    signal: abort.signal,
    rounds: (short, long) => (form === 'short' ? short : long),
    async start(options = {}) {
      const server = await ServerUnderAttack.start(folder, options);
      servers.push(server);
      return server;
    },
    figure: (name, value, unit) => figures.push({ name, value, unit }),
  };
  const startedMs = performance.now();
  let failure: unknown = null;
  try {
    await Promise.race([attackCase.run(context), timeUp(timeoutMs, abort.signal)]);
  } catch (error) {
    failure = error;
  }
  abort.abort();
  for (const server of servers) await server[Symbol.asyncDispose]();
  return { failure, figures, seconds: (performance.now() - startedMs) / 1000 };
}

function timeUp(timeoutMs: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs / 1000} s`)), timeoutMs);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

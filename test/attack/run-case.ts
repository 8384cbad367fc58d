import { seededRandom } from '../support/e2e/seeded-random.ts';
import type { AttackCase, AttackContext, AttackForm, StartOptions } from './attack-case.ts';
import { ServerUnderAttack } from './server-under-attack.ts';
import { SharedServers } from './shared-servers.ts';

/** Longest time that a case may take unless it says otherwise, in ms. */
export const CASE_TIMEOUT_MS = 600_000;
/** Time in which a server under attack must answer, in ms. The short form bounds no delays: its limit ends what hangs. */
const ANSWER_WITHIN_MS = { short: 60_000, long: 5000 } as const;

export interface RunOptions {
  readonly form: AttackForm;
  /** Folder of the checkout that is attacked. */
  readonly folder: string;
  readonly seed: number;
  /** Servers that cases share. Default: the case shares none. */
  readonly shared?: SharedServers;
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

/** Servers that the cases of one area share. */
export const serversFor = (folder: string, form: AttackForm): SharedServers =>
  new SharedServers((options) => ServerUnderAttack.start(folder, options, ANSWER_WITHIN_MS[form]));

/** Whether the case has this form. */
export const hasForm = (attackCase: AttackCase, form: AttackForm): boolean => (attackCase.form ?? form) === form;

/**
 * Runs one case and stops its servers. The case fails when one of them ended by itself, or when a shared server does not
 * answer after it; then the server is not shared any more.
 */
export async function runCase(attackCase: AttackCase, options: RunOptions): Promise<AttackResult> {
  const { form, folder, seed, shared } = options;
  const figures: AttackFigure[] = [];
  const own: ServerUnderAttack[] = [];
  const used = new Set<ServerUnderAttack>();
  const timeoutMs = attackCase.timeoutMs ?? CASE_TIMEOUT_MS;
  const abort = new AbortController();
  const start = async (startOptions: StartOptions = {}) => {
    const server = await ServerUnderAttack.start(folder, startOptions, ANSWER_WITHIN_MS[form]);
    own.push(server);
    return server;
  };
  const share = async (startOptions: StartOptions = {}) => {
    if (shared === undefined) return start(startOptions);
    const server = await shared.get(startOptions);
    used.add(server);
    return server;
  };
  const context: AttackContext = {
    form,
    folder,
    random: seededRandom(seed),
    signal: abort.signal,
    rounds: (short, long) => (form === 'short' ? short : long),
    start,
    share,
    figure: (name, value, unit) => figures.push({ name, value, unit }),
  };
  const startedMs = performance.now();
  let failure: unknown = null;
  try {
    await Promise.race([attackCase.run(context), timeUp(timeoutMs, abort.signal)]);
    for (const server of own) server.mustRun();
    for (const server of used) await server.mustAnswer();
  } catch (error) {
    failure = error;
  }
  abort.abort();
  for (const server of own) await server[Symbol.asyncDispose]();
  if (failure !== null) for (const server of used) await shared?.drop(server);
  return { failure, figures, seconds: (performance.now() - startedMs) / 1000 };
}

function timeUp(timeoutMs: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done within ${timeoutMs / 1000} s`)), timeoutMs);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

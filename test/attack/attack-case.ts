import type { ServerUnderAttack } from './server-under-attack.ts';

/**
 * One attack on a running server. It lives in `cases/<area>.ts`, which exports `cases: readonly AttackCase[]`.
 *
 * `npm run attack` runs every case in its long form; `--only TEXT` picks cases by name, `--against FOLDER` attacks another
 * checkout, `--short` runs the form that the test suite runs, `--list` prints the names. The suite runs the short forms in
 * `<area>.integration.test.ts`, one file per area, so that areas run side by side.
 *
 * The long form is the benchmark: it needs an idle machine, and it alone bounds delays and rates. The short form must hold
 * on a machine that is busy or ten times slower. It waits for events, and checks that nothing is lost and nobody is let in.
 *
 * @example
 * export const cases: readonly AttackCase[] = [
 *   {
 *     name: 'a packet of random bytes ends nothing but its own connection',
 *     async run(attack) {
 *       const server = await attack.start({ token: 'a-secret-of-16-chars' });
 *       for (let i = 0; i < attack.rounds(100, 10_000); i += 1) await sendGarbage(server, attack.random);
 *       await server.mustAnswer();
 *     },
 *   },
 * ];
 */
export interface AttackCase {
  /** What must hold, as a sentence. Unique. */
  readonly name: string;
  /** The only form of the case. Default: it has both. */
  readonly form?: AttackForm;
  /** Longest time that the case may take, in ms. It ends a case that hangs. Default: ten minutes. */
  readonly timeoutMs?: number;
  /** Attacks. Rejects when the server gave way, with an error that says how. */
  run(attack: AttackContext): Promise<void>;
}

export type AttackForm = 'short' | 'long';

/** What a case is given. Every server that it starts is stopped after it. */
export interface AttackContext {
  readonly form: AttackForm;
  /** Folder of the checkout that is attacked. */
  readonly folder: string;
  /** Numbers in [0, 1), the same in each run with the same seed. */
  readonly random: () => number;
  /** Aborts when the case ran out of time. */
  readonly signal: AbortSignal;
  /** `short` or `long`, as the form is. */
  rounds(short: number, long: number): number;
  /** Starts a server in a process of its own, on free ports of the loopback interface. */
  start(options?: StartOptions): Promise<ServerUnderAttack>;
  /**
   * As {@link start}, but in the short form cases of one area with the same options get the same server. So the case must not
   * kill it, must name its sessions as no other case does, and must count from where the server's counters stand.
   */
  share(options?: StartOptions): Promise<ServerUnderAttack>;
  /** Reports a measured value, such as `figure('neighbour’s p95', 48, 'ms')`. */
  figure(name: string, value: number, unit: string): void;
}

export interface StartOptions {
  /** The server's shared token. Default: none. */
  readonly token?: string;
  /** Environment variables, such as `{ UNDERTONE_MAX_SESSIONS: '5' }`. An older checkout ignores those it does not know. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the log (standard error) goes. Default: kept in `logLines`. `stop-reading` reads nothing; `full` is a full disk. */
  readonly log?: 'keep' | 'stop-reading' | 'full';
}

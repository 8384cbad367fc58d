import { type Finding, type FindingStatus, failure, reasonOf } from './finding.ts';

/** One thing that the doctor checks. */
export interface Check {
  /** Kebab-case name that stays stable for programs. */
  readonly name: string;
  /** Resolves to the findings. `signal` aborts when the check runs out of time. */
  readonly run: (signal: AbortSignal) => Promise<readonly Finding[]> | readonly Finding[];
}

export interface CheckResult {
  readonly check: string;
  /** The worst of the findings. */
  readonly status: FindingStatus;
  readonly findings: readonly Finding[];
}

const SEVERITY: readonly FindingStatus[] = ['ok', 'warning', 'failure'];

/**
 * Runs the checks at the same time. A check that takes longer than `limitMs` fails. The results are in the order of
 * `checks`.
 */
export function runChecks(checks: readonly Check[], limitMs: number): Promise<CheckResult[]> {
  return Promise.all(
    checks.map(async ({ name, run }) => {
      const findings = await withLimit(run, limitMs);
      const worst = Math.max(0, ...findings.map(({ status }) => SEVERITY.indexOf(status)));
      return { check: name, status: SEVERITY[worst]!, findings };
    }),
  );
}

async function withLimit(run: Check['run'], limitMs: number): Promise<readonly Finding[]> {
  const limit = new AbortController();
  const overdue = Promise.withResolvers<readonly Finding[]>();
  const timer = setTimeout(() => {
    limit.abort();
    overdue.resolve([failure(`no answer within ${limitMs / 1000} s`, 'Run it again when the machine is less busy.')]);
  }, limitMs);
  try {
    return await Promise.race([Promise.resolve(run(limit.signal)), overdue.promise]);
  } catch (error) {
    return [failure(`the check itself failed: ${reasonOf(error)}`, 'Please report this with the line above.')];
  } finally {
    clearTimeout(timer);
  }
}

import { printable, printableJson } from '../../printable.ts';
import type { CheckResult } from './run-checks.ts';

const MARKS = { ok: '✓', warning: '!', failure: '✗' } as const;
const NAME_WIDTH = 14;

/** Formats the results for people: one line per finding, and below each problem a line that says what to do. */
export function toList(results: readonly CheckResult[]): string {
  const lines = results.flatMap(({ check, findings }) =>
    findings.flatMap((finding, index) => {
      const name = index === 0 ? check : '';
      const line = `${MARKS[finding.status]} ${name.padEnd(NAME_WIDTH)} ${printable(finding.message)}`;
      return finding.status === 'ok' ? [line] : [line, `${' '.repeat(NAME_WIDTH + 3)}→ ${printable(finding.advice)}`];
    }),
  );
  const count = (status: CheckResult['status']) =>
    results.flatMap(({ findings }) => findings).filter((finding) => finding.status === status).length;
  const summary = `${count('failure')} failed, ${count('warning')} to look at, ${count('ok')} well`;
  return `${lines.join('\n')}\n\n${summary}\n`;
}

/** Formats the results for programs: JSON Lines with one object per check. */
export function toJsonLines(results: readonly CheckResult[]): string {
  return results.map((result) => `${printableJson(JSON.stringify(result))}\n`).join('');
}

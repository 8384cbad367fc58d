import type { BreakageResult, LogLine } from './break-each-stage.ts';

const LEVELS: Readonly<Record<number, string>> = { 20: 'debug', 40: 'warn', 50: 'error' };

/** Formats what the log said about each breakage as a table for `docs/debugging.md`. */
export function toBreakageTable(results: readonly BreakageResult[]): string {
  const rows = results.map(({ breakage, line }) => {
    const cells = line === undefined ? ['–', '–', '–', '–', '–'] : cellsOf(line);
    return `| ${[breakage.what, ...cells].join(' | ')} |`;
  });
  const head = [
    '| what breaks | level | `stage` | `code` | the line names | `cause` |',
    '| --- | --- | --- | --- | --- | --- |',
  ];
  return [...head, ...rows].join('\n');
}

function cellsOf(line: LogLine): string[] {
  const names = (['sessionId', 'participantId', 'trackId', 'utteranceId'] as const).filter((name) => line[name]);
  return [
    LEVELS[line.level] ?? '–',
    `\`${line.stage}\``,
    `\`${line.code}\``,
    names.map((name) => name.replace('Id', '')).join(', '),
    line.cause === undefined ? '–' : line.cause.replaceAll('|', '\\|'),
  ];
}

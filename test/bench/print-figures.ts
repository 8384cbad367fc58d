import type { Figure } from './figure.ts';

export interface FigureGroup {
  readonly title: string;
  readonly figures: readonly Figure[];
}

const COLUMNS = ['figure', 'measured', 'target', ''] as const;

function cellsOf({ name, measured, target, isMet }: Figure): string[] {
  return [name, measured, target ?? '–', isMet === null ? '' : isMet ? 'kept' : 'MISSED'];
}

/** For a terminal: columns as wide as what is in them. */
export function toText(groups: readonly FigureGroup[], machine: string): string {
  const rows = groups.flatMap(({ figures }) => figures.map(cellsOf));
  const widths = COLUMNS.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, c) => cell.padEnd(widths[c]!)).join('  ')}`.trimEnd();
  const bodies = groups.map(({ title, figures }) =>
    [title, ...figures.map((figure) => line(cellsOf(figure))), ''].join('\n'),
  );
  return [machine, '', line(COLUMNS), '', ...bodies].join('\n');
}

/** For a page: one table. */
export function toMarkdown(groups: readonly FigureGroup[], machine: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rows = groups.flatMap(({ title, figures }) => [
    line([`**${title}**`, '', '', '']),
    ...figures.map((figure) => line(cellsOf(figure))),
  ]);
  return [`Measured on ${machine}.`, '', line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows, ''].join('\n');
}

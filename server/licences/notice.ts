import { INSIDE_PACKAGES } from './inside-packages.ts';
import type { ProductionPackage } from './production-packages.ts';

/** The line that the written part of NOTICE ends before. */
export const PACKAGES_HEADING = 'Packages that an installation brings';

/**
 * The whole NOTICE: its written part as it is, and the packages after it.
 *
 * @param notice - the NOTICE of before.
 */
export function noticeWith(notice: string, packages: readonly ProductionPackage[]): string {
  const [written = ''] = notice.split(`\n${PACKAGES_HEADING}\n`);
  const lines = [
    PACKAGES_HEADING,
    '  From package-lock.json, by `npm run notice`. Each has its licence text in its own folder of node_modules, unless its',
    '  repository alone has it. Packages for other platforms are listed too.',
    '',
    ...packages.map(({ name, version, licence }) => `  ${name} ${version}: ${licence}`),
    '',
    'Inside the binaries of these packages',
  ];
  for (const { packages: pattern, source, parts } of INSIDE_PACKAGES) {
    const names = packages.filter(({ name }) => pattern.test(name)).map(({ name, version }) => `${name} ${version}`);
    lines.push('', ...wrapped(names.join(', ')), ...wrapped(`(${source})`));
    lines.push(
      ...parts.map(({ name, version, licence }) => `    ${[name, version].filter(Boolean).join(' ')}: ${licence}`),
    );
  }
  return `${written.trimEnd()}\n\n${lines.join('\n')}\n`;
}

function wrapped(text: string): string[] {
  const lines = [' '];
  for (const word of text.split(' ')) {
    if (lines.at(-1)!.length + word.length > 118) lines.push(' ');
    lines.push(`${lines.pop()} ${word}`);
  }
  return lines;
}

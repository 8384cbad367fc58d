import { INSIDE_PACKAGES } from './inside-packages.ts';
import type { ProductionPackage } from './production-packages.ts';

/** First line of the generated part of NOTICE. The lines before it are written by hand. */
export const PACKAGES_HEADING = 'Packages that an installation brings';

/**
 * The whole NOTICE: the unchanged part that is written by hand, then the list of packages.
 *
 * @param notice - the current NOTICE.
 */
export function noticeWith(notice: string, packages: readonly ProductionPackage[]): string {
  const [written = ''] = notice.split(`\n${PACKAGES_HEADING}\n`);
  const lines = [
    PACKAGES_HEADING,
    '  Generated from package-lock.json by `npm run notice`. The licence text of a package is in its folder of node_modules, or,',
    '  where it ships none, in its repository. Packages for other platforms are listed too.',
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

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSIDE_PACKAGES, INSIDE_REPOSITORY } from '../../../server/licences/inside-packages.ts';
import { noticeWith } from '../../../server/licences/notice.ts';
import { productionPackages } from '../../../server/licences/production-packages.ts';
import { sbom } from '../../../server/licences/sbom.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/** What an Apache-2.0 product may ship: permissive, or copyleft that ends at the library, which stays a file of its own. */
const ALLOWED =
  /^(0BSD|Apache-2\.0( WITH LLVM-exception)?|BSD-[23]-Clause|CC0-1\.0|FTL|HPND-sell-variant|IJG|ISC|LGPL-(2\.1|3\.0)-or-later|MIT|MPL-(1\.1|2\.0)|Unicode-3\.0|Unlicense|Zlib|blessing|libpng-2\.0|libtiff)$/;

describe('what is shipped', () => {
  const packages = productionPackages();

  it('has licences that an Apache-2.0 product may ship, inside binaries too', () => {
    const parts = [...INSIDE_PACKAGES.flatMap((each) => each.parts), ...INSIDE_REPOSITORY];
    const all = [...packages, ...parts].map(({ name, licence }) => ({ name, licence }));
    const bad = all.filter(
      ({ licence }) =>
        !licence
          .replaceAll(/[()]/g, '')
          .split(/ AND | OR /)
          .every((id) => ALLOWED.test(id)),
    );
    expect(bad).toEqual([]);
    expect(packages.map(({ name }) => name)).not.toContain('node-av');
  });

  it('is looked into at the version that is installed', () => {
    for (const { packages: pattern, version } of INSIDE_PACKAGES) {
      const versions = packages.filter(({ name }) => pattern.test(name)).map((each) => each.version);
      expect(new Set(versions)).toEqual(new Set(version.split(' ')));
    }
  });

  it('is what NOTICE lists; else run npm run notice', () => {
    const notice = read('NOTICE');
    expect(noticeWith(notice, packages)).toBe(notice);
    for (const { file } of INSIDE_REPOSITORY) expect(notice).toContain(basename(file));
  });

  it('is what the bill of materials lists, each package with its hash', () => {
    const { components } = sbom() as { components: { name: string; version: string; hashes: { content: string }[] }[] };
    const listed = new Map(components.map(({ name, version, hashes }) => [`${name}@${version}`, hashes[0]!.content]));
    for (const { name, version, integrity } of packages) {
      const hash = Buffer.from(integrity.slice('sha512-'.length), 'base64').toString('hex');
      expect(hash).toHaveLength(128);
      expect(listed.get(`${name}@${version}`)).toBe(hash);
    }
  });
});

describe('an installation', () => {
  it('runs no script of a package, and every package that has one is refused by name', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const withScripts = Object.entries(packages)
      // Watches files on macOS for the test runner: its script compiles what the package has compiled already.
      .filter(([path, { hasInstallScript }]) => hasInstallScript && !path.endsWith('/fsevents'))
      .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
    const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Record<string, boolean> };
    expect(Object.keys(allowScripts).sort()).toEqual([...new Set(withScripts)].sort());
    expect(Object.values(allowScripts)).not.toContain(true);
  });

  it('takes every package from the registry, by its hash', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
    };
    for (const [path, { resolved, integrity, link }] of Object.entries(packages)) {
      if (!path.startsWith('node_modules/') || link) continue;
      expect(integrity, path).toMatch(/^sha512-/);
      if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });
});

import { createHash } from 'node:crypto';
import { closeSync, existsSync, globSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INSIDE_PACKAGES, INSIDE_REPOSITORY } from '../../../server/licences/inside-packages.ts';
import { noticeWith } from '../../../server/licences/notice.ts';
import { productionPackages } from '../../../server/licences/production-packages.ts';
import { sbom } from '../../../server/licences/sbom.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/**
 * Licences that an Apache-2.0 product may ship: permissive ones, copyleft that covers only the library's own file, and Microsoft's
 * terms for libraries that a Windows installation alone loads.
 */
const ALLOWED =
  /^(0BSD|Apache-2\.0( WITH LLVM-exception)?|BSD-[23]-Clause|BSL-1\.0|CC0-1\.0|FTL|HPND-sell-variant|IJG|ISC|LGPL-(2\.1|3\.0)-or-later|LicenseRef-Microsoft-[A-Za-z-]+|MIT|MPL-(1\.1|2\.0)|NCSA|Unicode-3\.0|Unlicense|Zlib|blessing|libpng-2\.0|libtiff)$/;

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

  it('names what is inside every package that has a binary', () => {
    const withBinaries = packages
      .map(({ name }) => name)
      .filter((name) => existsSync(new URL(`node_modules/${name}/package.json`, root)) && hasBinary(name));
    expect(withBinaries).toContain('opus-decoder');
    const unexamined = withBinaries.filter((name) => !INSIDE_PACKAGES.some((inside) => inside.packages.test(name)));
    expect(unexamined).toEqual([]);
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

  it('has every WebAssembly module and every model in the bill of materials, each with its hash and licences', () => {
    interface Component {
      readonly name: string;
      readonly version?: string;
      readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
      readonly licenses?: readonly { readonly expression: string }[];
      readonly purl?: string;
      readonly components?: readonly Component[];
    }
    const { components } = sbom() as { components: readonly Component[] };
    const binaries = [
      ...globSync('{pipeline,server}/**/*.wasm', { cwd: root }),
      ...globSync('models/*/*.{onnx,weights}', { cwd: root }),
    ].sort();
    expect(binaries.length).toBeGreaterThan(10);
    const listed = components.filter(({ name }) => /\.(wasm|onnx|weights)$/.test(name));
    expect(listed.map(({ name }) => name).sort()).toEqual(binaries);
    for (const { name, hashes, licenses, components: parts = [] } of listed) {
      const sha256 = createHash('sha256')
        .update(readFileSync(new URL(name, root)))
        .digest('hex');
      expect(hashes, name).toEqual([{ alg: 'SHA-256', content: sha256 }]);
      // A module with no part of others in it has a licence of its own.
      if (!name.endsWith('.wasm') || parts.length === 0) {
        expect(licenses?.[0]?.expression, name).toBeTruthy();
        continue;
      }
      expect(parts.map((part) => part.name)).toContain('wasi-libc');
      for (const part of parts) {
        expect(part.version, name).toBeTruthy();
        expect(part.purl, name).toMatch(/^pkg:/);
        expect(part.licenses?.[0]?.expression, name).toBeTruthy();
      }
    }
  });

  it('has in NOTICE the version of each part of its own binaries, and each model', () => {
    const notice = read('NOTICE').replaceAll(/\s+/g, ' ');
    for (const { name, version } of INSIDE_REPOSITORY) {
      const words = name === 'wasi-libc' ? name : `${name.split(' ')[0]} ${version}`;
      expect(notice).toContain(words);
    }
    for (const folder of globSync('models/*/manifest.json', { cwd: root })) {
      expect(notice).toContain(` ${dirname(folder)} `);
    }
  });
});

/** First bytes of ELF, Mach-O, Windows and WebAssembly binaries. */
const BINARY = [/^\x7fELF/, /^[\xcf\xce]\xfa\xed\xfe/, /^\xca\xfe\xba\xbe/, /^MZ/, /^\0asm/];
/** WebAssembly inside a script: in base64, or in yEnc. */
const EMBEDDED = ['AGFzbQ', 'dynEncode0'];
const TEXT = /\.(map|[cm]?ts|md|json|h|css|html)$/;

/** Whether a package has a file that is machine code, WebAssembly or a model, or a script that has WebAssembly in it. */
function hasBinary(name: string): boolean {
  const folder = new URL(`node_modules/${name}/`, root);
  return globSync('**/*', { cwd: folder, withFileTypes: true }).some((entry) => {
    if (!entry.isFile() || TEXT.test(entry.name)) return false;
    if (/\.(onnx|tflite)$/.test(entry.name)) return true;
    const path = join(entry.parentPath, entry.name);
    if (/\.[cm]?js$/.test(entry.name)) {
      const script = readFileSync(path);
      return EMBEDDED.some((text) => script.includes(text));
    }
    const start = firstBytes(path);
    return BINARY.some((pattern) => pattern.test(start));
  });
}

function firstBytes(path: string): string {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(4);
    return bytes.subarray(0, readSync(file, bytes)).toString('latin1');
  } finally {
    closeSync(file);
  }
}

/** Folders of binaries that are built elsewhere, and kept here. */
const BUILT = globSync('{pipeline,server}/**/SHA256SUMS', { cwd: root }).map(dirname);

describe('a built file', () => {
  it('has its sum beside it', () => {
    const built = globSync('{pipeline,server}/**/*.{wasm,xz}', { cwd: root });
    expect([...new Set(built.map(dirname))].sort()).toEqual([...BUILT].sort());
    for (const file of built) expect(sumsOf(dirname(file)).map(([, name]) => name)).toContain(basename(file));
  });

  for (const folder of BUILT) {
    it(`of ${folder} is the one that was summed; else run its build.sh`, () => {
      const sums = sumsOf(folder);
      expect(sums.length).toBeGreaterThan(1);
      for (const [sum, name] of sums) {
        const bytes = readFileSync(new URL(`${folder}/${name}`, root));
        expect(createHash('sha256').update(bytes).digest('hex'), name).toBe(sum);
      }
    });
  }
});

/** Sums and names, as `sha256sum` writes them. */
function sumsOf(folder: string): [sum: string, name: string][] {
  const lines = read(`${folder}/SHA256SUMS`).trimEnd().split('\n');
  return lines.map((line) => [line.slice(0, 64), line.slice(66)]);
}

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

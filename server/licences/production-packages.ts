import { readFileSync } from 'node:fs';

/** A package of a production installation. Packages for other platforms are included. */
export interface ProductionPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package declares it. */
  readonly licence: string;
  /** The hash that npm checks: `sha512-` followed by base64. */
  readonly integrity: string;
  readonly isOptional: boolean;
}

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

const LOCK = new URL('../../package-lock.json', import.meta.url);

/**
 * The packages of package-lock.json except those only for development, sorted by name. Each version is listed once.
 *
 * @throws TypeError when a package declares no licence or has no hash.
 */
export function productionPackages(): ProductionPackage[] {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as { packages: Record<string, Locked> };
  const found = new Map<string, ProductionPackage>();
  for (const [path, { version, license, integrity, dev, optional, link }] of Object.entries(packages)) {
    if (!path.startsWith('node_modules/') || dev || link) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (license === undefined || integrity === undefined) {
      throw new TypeError(`${name} ${version} has no licence or no hash in package-lock.json`);
    }
    found.set(`${name}@${version}`, { name, version, licence: license, integrity, isOptional: optional === true });
  }
  return [...found.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

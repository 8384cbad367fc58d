import { readFileSync } from 'node:fs';

/** One package that an installation for production may bring; some are for other platforms than this one. */
export interface ProductionPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression, as the package declares it. */
  readonly licence: string;
  /** As npm checks it: `sha512-` and the hash in base64. */
  readonly integrity: string;
  readonly isOptional: boolean;
}

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly link?: boolean;
}

const LOCK = new URL('../../package-lock.json', import.meta.url);

/**
 * The packages that are not for development alone, by name, each version once, from package-lock.json.
 *
 * @throws TypeError when one declares no licence or has no hash.
 */
export function productionPackages(): ProductionPackage[] {
  const { packages } = JSON.parse(readFileSync(LOCK, 'utf8')) as { packages: Record<string, Locked> };
  const found = new Map<string, ProductionPackage>();
  for (const [path, { version, license, integrity, dev, devOptional, optional, link }] of Object.entries(packages)) {
    // `devOptional`: the client SDK's optional peers, which only development installs.
    if (!path.startsWith('node_modules/') || dev || devOptional || link) continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    if (license === undefined || integrity === undefined) {
      throw new TypeError(`${name} ${version} has no licence or no hash in package-lock.json`);
    }
    found.set(`${name}@${version}`, { name, version, licence: license, integrity, isOptional: optional === true });
  }
  return [...found.values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

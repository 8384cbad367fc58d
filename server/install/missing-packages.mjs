// @ts-check
/**
 * @typedef {object} LockedPackage an entry of package-lock.json or of node_modules/.package-lock.json
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [dev] only development needs it
 * @property {boolean} [devOptional] only development or an optional package needs it
 * @property {boolean} [optional]
 * @property {boolean} [link]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 *
 * @typedef {object} Machine
 * @property {string} platform as `process.platform`
 * @property {string} arch as `process.arch`
 */

/**
 * Compares what is installed with package-lock.json, by version and hash. Time stamps play no part, so a copied or cached
 * node_modules counts as installed. Installed packages that the lock file does not name are ignored.
 *
 * @param {Record<string, LockedPackage>} locked `packages` of package-lock.json
 * @param {Record<string, LockedPackage>} installed `packages` of node_modules/.package-lock.json
 * @param {Machine} machine optional packages of other machines may be missing
 * @param {(path: string) => boolean} isThere whether the package's folder, such as `node_modules/ws`, is on the disk
 * @returns {{ production: string[], development: string[] }} the folders of the packages that are missing or differ
 */
export function missingPackages(locked, installed, machine, isThere) {
  /** @type {{ production: string[], development: string[] }} */
  const missing = { production: [], development: [] };
  for (const [path, wanted] of Object.entries(locked)) {
    if (!path.startsWith('node_modules/') || wanted.link) continue;
    const found = installed[path];
    if (found === undefined && mayBeMissing(wanted, machine)) continue;
    if (found?.version === wanted.version && found?.integrity === wanted.integrity && isThere(path)) continue;
    missing[wanted.dev || wanted.devOptional ? 'development' : 'production'].push(path);
  }
  return missing;
}

/**
 * Whether an optional package may be missing. Optional packages are per platform. One that names no platform came with
 * another one that does. The machine's C library is not checked.
 *
 * @param {LockedPackage} wanted
 * @param {Machine} machine
 */
function mayBeMissing({ optional, os, cpu, libc }, { platform, arch }) {
  if (!optional) return false;
  const hasPlatform = os !== undefined && cpu !== undefined && libc === undefined;
  return !(hasPlatform && allows(os, platform) && allows(cpu, arch));
}

/**
 * Whether a list such as `["linux", "darwin"]` or `["!win32"]` allows a value.
 *
 * @param {string | string[]} list
 * @param {string} value
 */
function allows(list, value) {
  const names = [list].flat();
  if (names.includes(`!${value}`)) return false;
  return names.includes(value) || names.every((name) => name.startsWith('!'));
}

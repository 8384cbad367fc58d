// @ts-check
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./missing-packages.mjs').Machine} Machine */

/**
 * Parts of the installed packages that no process on this machine can use. Some packages contain libraries for every
 * platform.
 *
 * - ONNX Runtime's libraries for other platforms. Everything in this platform's own folder stays, including the CUDA
 *   provider that the package's install script puts there.
 * - The C headers and the manual page next to this platform's Node. They are only for compiling add-ons, which nothing
 *   here does.
 *
 * @param {string} nodeModules
 * @param {Machine} machine
 * @returns {string[]} absolute paths of folders. Empty if ONNX Runtime has no libraries for this platform: whoever
 * added one may need the other files.
 */
export function unusableFiles(nodeModules, { platform, arch }) {
  const runtime = join(nodeModules, 'onnxruntime-node', 'bin');
  if (!isOwnFolder(nodeModules, 'onnxruntime-node')) return [];
  const libraries = namesIn(runtime).flatMap((api) => {
    const folder = join(runtime, api);
    if (!namesIn(join(folder, platform)).includes(arch)) return [];
    return namesIn(folder).flatMap((name) =>
      name === platform ? others(join(folder, name), arch) : [join(folder, name)],
    );
  });
  const nodes = namesIn(nodeModules).filter((name) => /^node-(bin-)?(darwin|linux|win)-(arm64|x64)$/.test(name));
  const headers = nodes
    .filter((name) => isOwnFolder(nodeModules, name))
    .flatMap((name) => others(join(nodeModules, name), 'bin').filter((path) => /[\\/](include|share)$/.test(path)));
  return [...libraries, ...headers];
}

/**
 * Whether a package is stored in node_modules itself. A link leads to a folder that other projects may share.
 *
 * @param {string} nodeModules
 * @param {string} name
 */
function isOwnFolder(nodeModules, name) {
  try {
    const path = join(nodeModules, name);
    return realpathSync(path) === join(realpathSync(join(nodeModules, '..')), 'node_modules', name);
  } catch {
    return false;
  }
}

/**
 * @param {string} folder
 * @param {string} kept
 */
function others(folder, kept) {
  return namesIn(folder)
    .filter((name) => name !== kept)
    .map((name) => join(folder, name));
}

/** @param {string} folder */
function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

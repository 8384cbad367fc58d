// @ts-check
import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./missing-packages.mjs').Machine} Machine */

/**
 * Parts of the installed packages that no process on this machine can use. Some packages carry the libraries of every platform.
 *
 * - ONNX Runtime's libraries for other platforms. What is in this platform's own folder stays, the CUDA provider included, which
 *   the package's script puts there.
 * - The C headers and the manual page beside this platform's Node. They are for compiling add-ons, which nothing here does.
 *
 * @param {string} nodeModules
 * @param {Machine} machine
 * @returns {string[]} absolute paths of folders. Empty on a platform that ONNX Runtime does not have: whoever added that
 *   platform's library knows better.
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
 * Whether a package lies in node_modules itself. A link leads to a folder that other projects may share.
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

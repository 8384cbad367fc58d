import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readModelBundle } from '../../models/bundle/model-bundle.ts';
import { BUNDLE_GRAPHS } from '../../models/bundle/model-manifest.ts';
import { BUNDLE_DIRECTORY } from '../support/models/bundle-directory.ts';

/** Debian's chromium brings a Vulkan driver that computes on the CPU, and the loader that finds it. */
const FOLDER = '/usr/lib/chromium';
const SOFTWARE_GPU = join(FOLDER, 'vk_swiftshader_icd.json');
const present = existsSync(SOFTWARE_GPU);
if (!present) console.warn(`SKIPPED: WebGPU needs ${SOFTWARE_GPU}; install Debian's chromium.`);

/** Operators that move values without computing with them: shapes, ids, words looked up, pixels cut out. */
const MOVES = ['Cast', 'Concat', 'Expand', 'Gather', 'Reshape', 'Shape', 'Slice', 'Squeeze', 'Unsqueeze'];

/** Runs a script of `test/support/models` where the software device is found. */
function runScript(name: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const script = fileURLToPath(new URL(`../support/models/${name}`, import.meta.url));
  const libraries = [FOLDER, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  // The Vulkan loader reads its environment when the process starts.
  const env = { ...process.env, VK_DRIVER_FILES: SOFTWARE_GPU, LD_LIBRARY_PATH: libraries };
  return promisify(execFile)(process.execPath, [script, ...args], { env, maxBuffer: 16 * 1024 ** 2 });
}

/** Operators by where the runtime's log says that it places them. */
function readPlacement(log: string): Record<'webgpu' | 'cpu', Set<string>> {
  const placed = { webgpu: new Set<string>(), cpu: new Set<string>() };
  let provider: keyof typeof placed | null = null;
  for (const line of log.split('\n')) {
    const heading = /odes?(?:\(s\))? placed on \[(\w+)ExecutionProvider\]/i.exec(line)?.[1];
    if (heading !== undefined) provider = heading === 'CPU' ? 'cpu' : 'webgpu';
    const operator = /VerifyEachNodeIsAssignedToAnEp\] {3}(\w+) \(/.exec(line)?.[1];
    if (provider !== null && operator !== undefined) placed[provider].add(operator);
  }
  return placed;
}

describe.skipIf(!present)('the webgpu execution provider', () => {
  // The face encoder's convolutions take this device minutes.
  it.each(['text', 'fusion'])('gives the numbers of the CPU: %s', async (graph) => {
    const { stdout } = await runScript('run-on-webgpu.ts', graph);
    const { values, largestError } = JSON.parse(stdout) as { values: number; largestError: number };
    expect(values).toBeGreaterThan(20);
    expect(largestError).toBeLessThan(1e-4);
  });

  it.each(BUNDLE_GRAPHS)('computes on the device, and only moves values on the CPU: %s', async (graph) => {
    const { graphFiles } = await readModelBundle(BUNDLE_DIRECTORY);
    const { webgpu, cpu } = readPlacement((await runScript('place-on-webgpu.ts', graphFiles('webgpu')[graph])).stderr);
    expect(webgpu.size).toBeGreaterThan(5);
    expect([...cpu].filter((operator) => !MOVES.includes(operator))).toEqual([]);
  });
});

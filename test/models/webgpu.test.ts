import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

/** A Vulkan driver that computes on the CPU: Debian's chromium brings it. */
const SOFTWARE_GPU = '/usr/lib/chromium/vk_swiftshader_icd.json';
const present = existsSync(SOFTWARE_GPU);
if (!present) console.warn(`SKIPPED: WebGPU needs ${SOFTWARE_GPU}; install Debian's chromium.`);

describe.skipIf(!present)('the webgpu execution provider', () => {
  it('gives the numbers of the CPU', { timeout: 60_000 }, async () => {
    const script = fileURLToPath(new URL('../support/models/run-on-webgpu.ts', import.meta.url));
    // The Vulkan loader reads its environment when the process starts.
    const env = { ...process.env, VK_DRIVER_FILES: SOFTWARE_GPU };
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
    const { values, largestError } = JSON.parse(stdout) as { values: number; largestError: number };
    expect(values).toBeGreaterThan(300);
    expect(largestError).toBeLessThan(1e-4);
  });
});

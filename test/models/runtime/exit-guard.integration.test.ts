import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../support/models/exit-while-computing.ts', import.meta.url));

describe('a process that exits while its graph workers compute', () => {
  it.each(['load', 'run'])('keeps its exit code during a %s', async (what) => {
    const child = spawn(process.execPath, [SCRIPT, what], { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect({ code, signal, errors }).toEqual({ code: 5, signal: null, errors: '' });
  });
});

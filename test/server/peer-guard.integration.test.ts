import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { PeerGuard } from '../../server/peer-guard.ts';

const CHILD = fileURLToPath(new URL('../support/server/guard-child.ts', import.meta.url));

async function run(way: string): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [CHILD, way], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], out, err] = await Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  return { code, out, err };
}

describe('the guard around a peer', () => {
  it('tells of what its work throws, once', () => {
    const faults: unknown[] = [];
    const guard = new PeerGuard((error) => faults.push(error));
    guard.run((text) => {
      throw new Error(text);
    }, 'one');
    guard.run(() => {
      throw new Error('two');
    }, null);
    expect(guard.hasFaulted).toBe(true);
    expect(faults).toEqual([new Error('one')]);
  });

  it('tells each peer of its own errors, in timers and promises too, and the process goes on', async () => {
    const { code, out } = await run('inside');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual([
      'at once',
      'first of two',
      'immediate',
      'microtask',
      'promise',
      'promise later',
      'tick',
      'timer',
    ]);
  });

  it.each(['timer', 'promise', 'left', 'removed'])(
    'lets the process end, with the error, by what no peer set off: %s',
    async (way) => {
      const { code, err } = await run(way);
      expect(code).toBe(1);
      expect(err).toContain('a broken invariant');
    },
  );

  it('lets a rejection without an error end the process too', async () => {
    const { code, err } = await run('promise without an error');
    expect(code).toBe(1);
    expect(err).toContain('nothing much');
  });
});

import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SAMPLE_CALL_FILE, SAMPLE_CALL_TRANSCRIPT } from '../support/e2e/sample-call.ts';
import { compareFigures, readFigures, type Turn } from './compare-figures.ts';
import type { FigureGroup } from './print-figures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BENCH = join('test', 'bench', 'bench.ts');
const MAX_OUTPUT_BYTES = 1 << 20;

const run = promisify(execFile);

export interface AgainstOptions {
  /** What Git calls the other revision: a commit, a branch, a tag. */
  readonly revision: string;
  readonly rounds: number;
  /** Further arguments of the benchmark on both sides. */
  readonly args: readonly string[];
}

/**
 * Measures this checkout and another revision in turns, each time in a process of its own. The revision lies in a temporary
 * worktree that uses this checkout's packages.
 *
 * @throws Error if there is no such revision, if its bundled call is another one, or if one side cannot be measured.
 */
export async function measureAgainst({ revision, rounds, args }: AgainstOptions): Promise<FigureGroup[]> {
  const commit = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`).catch(() => {
    throw new Error(`Git knows no revision ${revision}`);
  });
  await git('diff', '--quiet', commit, '--', SAMPLE_CALL_FILE, SAMPLE_CALL_TRANSCRIPT).catch((cause) => {
    throw new Error(`${revision} has another bundled call`, { cause });
  });
  const folder = await mkdtemp(join(tmpdir(), 'undertone-bench-'));
  const checkout = join(folder, 'checkout');
  try {
    await git('worktree', 'add', '--detach', checkout, commit);
    await symlink(join(ROOT, 'node_modules'), join(checkout, 'node_modules'), 'junction');
    const turns: Turn[] = [];
    for (let round = 0; round < rounds; round++) {
      // The side that is measured second may find a warmer machine: they take turns in being first.
      const sides = round % 2 === 0 ? [ROOT, checkout] : [checkout, ROOT];
      const figures = new Map<string, Turn['here']>();
      for (const side of sides) {
        process.stderr.write(`round ${round + 1} of ${rounds}, ${side === ROOT ? 'this checkout' : revision} …\n`);
        figures.set(side, await measure(side, args));
      }
      turns.push({ here: figures.get(ROOT)!, there: figures.get(checkout)! });
    }
    return compareFigures(turns);
  } finally {
    await git('worktree', 'remove', '--force', checkout).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(root: string, args: readonly string[]): Promise<Turn['here']> {
  const options = { cwd: root, maxBuffer: MAX_OUTPUT_BYTES };
  const { stdout } = await run(process.execPath, [BENCH, '--markdown', ...args], options);
  return readFigures(stdout);
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', args, { cwd: ROOT });
  return stdout.trim();
}

import { readdir } from 'node:fs/promises';
import type { AttackCase } from './attack-case.ts';

const CASES = new URL('./cases/', import.meta.url);

/** All cases, by file and in their order. */
export async function readCases(): Promise<AttackCase[]> {
  const files = (await readdir(CASES)).filter((file) => file.endsWith('.ts')).sort();
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, CASES).href) as Promise<{ cases: readonly AttackCase[] }>),
  );
  return modules.flatMap(({ cases }) => cases);
}

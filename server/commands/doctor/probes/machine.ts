import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

export interface Machine {
  /** Cores that this process may use. May be a fraction. */
  readonly cores: number;
  /** Memory that this process may use, in bytes. */
  readonly memoryBytes: number;
}

/** Reads the machine's resources. In a container: the resources that the container allows. */
export async function readMachine(): Promise<Machine> {
  const [quota, period] = (await readFile('/sys/fs/cgroup/cpu.max', 'utf8').catch(() => 'max')).split(' ').map(Number);
  const share = quota !== undefined && period !== undefined && quota > 0 ? quota / period : Number.POSITIVE_INFINITY;
  const limitBytes = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  return { cores: Math.min(availableParallelism(), share), memoryBytes: Math.min(totalmem(), limitBytes) };
}

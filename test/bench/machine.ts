import { availableParallelism, cpus, totalmem } from 'node:os';

/** What the figures were measured on, in a line. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? process.arch;
  const memoryGib = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores of ${model}, ${memoryGib} GiB, ${process.platform}, Node ${process.versions.node}`;
}

import { totalmem } from 'node:os';

/** Shares of the memory that the process may use: of a container, which is its own, and of a machine, which others share. */
const CONTAINER_SHARE = 0.75;
const MACHINE_SHARE = 0.5;

/** The memory that a server may use unless it is told otherwise, in bytes. */
export function defaultBudgetBytes(machineBytes = totalmem(), containerBytes = process.constrainedMemory()): number {
  // Without a limit, the container's is zero or above what the machine has.
  const isLimited = containerBytes > 0 && containerBytes < machineBytes;
  return Math.floor(isLimited ? CONTAINER_SHARE * containerBytes : MACHINE_SHARE * machineBytes);
}

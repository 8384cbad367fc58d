import { totalmem } from 'node:os';

/**
 * Shares of the memory that the process may use. A container's memory is its own. A machine's memory is shared with
 * others.
 */
const CONTAINER_SHARE = 0.75;
const MACHINE_SHARE = 0.5;

/** The default memory budget of a server, in bytes. */
export function defaultBudgetBytes(machineBytes = totalmem(), containerBytes = process.constrainedMemory()): number {
  // Without a limit, the container's value is zero or larger than the machine's memory.
  const isLimited = containerBytes > 0 && containerBytes < machineBytes;
  return Math.floor(isLimited ? CONTAINER_SHARE * containerBytes : MACHINE_SHARE * machineBytes);
}

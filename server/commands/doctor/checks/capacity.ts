import type { Config } from '../../../config.ts';
import { type Finding, ok, warning } from '../finding.ts';
import { type Machine, readMachine } from '../probes/machine.ts';

/** Calls that a whole core of an AMD EPYC carries, of voice and words and with video too; a shared one a third of that. */
const CALLS_PER_CORE = 53;
const VIDEO_CALLS_PER_CORE = 21;
/** Memory of a server without calls, and of each analyzed call: docs/capacity.md. */
const MIB = 1024 * 1024;
const BASE_BYTES = 240 * MIB;
const CALL_BYTES = 9 * MIB;

/** Whether `maxSessions` calls fit the machine, by what was measured on another one. */
export async function checkCapacity(
  { maxSessions }: Pick<Config, 'maxSessions'>,
  read: () => Promise<Machine> = readMachine,
): Promise<Finding[]> {
  const { cores, memoryBytes } = await read();
  return [judgeCores(maxSessions, cores), judgeMemory(maxSessions, memoryBytes)];
}

function judgeCores(maxSessions: number, cores: number): Finding {
  const [calls, videoCalls] = [CALLS_PER_CORE, VIDEO_CALLS_PER_CORE].map((perCore) => Math.floor(cores * perCore));
  const estimate = `${round(cores)} cores carry about ${calls} calls, ${videoCalls} with video; at most ${maxSessions} are let in`;
  if (maxSessions <= calls!) return ok(estimate);
  return warning(
    estimate,
    `Set --max-sessions to ${calls} or less, or add cores; npm run bench measures this machine.`,
  );
}

function judgeMemory(maxSessions: number, memoryBytes: number): Finding {
  const neededMib = Math.ceil((BASE_BYTES + maxSessions * CALL_BYTES) / MIB);
  const haveMib = Math.floor(memoryBytes / MIB);
  const estimate = `${maxSessions} calls need about ${neededMib} MiB of ${haveMib}`;
  if (neededMib <= haveMib) return ok(estimate);
  return warning(estimate, 'Lower --max-sessions or add memory.');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

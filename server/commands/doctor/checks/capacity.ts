import { MIB } from '../../../byte-units.ts';
import type { Config } from '../../../config/config-schema.ts';
import { type Finding, ok, reasonOf, warning } from '../finding.ts';
import type { CapacityMeasurement, CapacityProbe } from '../probes/capacity/measure-capacity.ts';
import type { Machine } from '../probes/machine.ts';

/**
 * Share of the measured capacity that a server can use while it still answers in time when several people speak at
 * once.
 */
const USABLE_SHARE = 2 / 3;
/** Memory per analyzed call. See docs/capacity.md. */
const CALL_BYTES = 9 * MIB;
/** If other programs use more than this share of the processor, the measured capacity is too low. */
const MAX_OTHERS_SHARE = 0.15;

export interface CapacityProbes {
  readonly measure: CapacityProbe;
  readonly machine: () => Promise<Machine>;
}

type CapacityConfig = Pick<Config, 'maxSessions' | 'modelBundle' | 'providers'>;

/** Measures how many calls this machine can analyze and compares the number with `maxSessions`. */
export async function checkCapacity(
  config: CapacityConfig,
  signal: AbortSignal,
  { measure, machine }: CapacityProbes,
): Promise<Finding[]> {
  let measured: CapacityMeasurement;
  try {
    measured = await measure(config, signal);
  } catch (error) {
    return [warning(`could not be measured: ${reasonOf(error)}`, 'See what the checks of models and providers say.')];
  }
  const { memoryBytes } = await machine();
  return [judgeCalls(config, measured), ...judgeOthers(measured), judgeMemory(config, measured, memoryBytes)];
}

function judgeCalls({ maxSessions }: CapacityConfig, { calls, callsWithCameras }: CapacityMeasurement): Finding {
  const usable = Math.floor(calls * USABLE_SHARE);
  const usableWithCameras = Math.floor(callsWithCameras * USABLE_SHARE);
  const message =
    `calls that fit: ${usable} with voices and words, or ${usableWithCameras} with two cameras each ` +
    `(analyzed here: ${calls.toFixed(1)} and ${callsWithCameras.toFixed(1)} s of calls per second; ` +
    `a third is left free for peaks); --max-sessions is ${maxSessions}`;
  if (maxSessions <= usable) return ok(message);
  return warning(message, `Set --max-sessions to ${Math.max(1, usable)} or less, or use a faster machine.`);
}

function judgeOthers({ othersShare }: CapacityMeasurement): Finding[] {
  if (othersShare <= MAX_OTHERS_SHARE) return [];
  const percent = Math.round(othersShare * 100);
  return [
    warning(
      `other programs took ${percent} % of the processor during the measurement`,
      'The figures are lower than on an idle machine. Run this again when it is idle.',
    ),
  ];
}

function judgeMemory(
  { maxSessions }: CapacityConfig,
  { idleBytes }: CapacityMeasurement,
  memoryBytes: number,
): Finding {
  const neededMib = Math.ceil((idleBytes + maxSessions * CALL_BYTES) / MIB);
  const haveMib = Math.floor(memoryBytes / MIB);
  const estimate =
    `${maxSessions} calls need about ${neededMib} of ${haveMib} MiB of memory ` +
    `(${Math.ceil(idleBytes / MIB)} MiB without calls, 9 MiB per call)`;
  if (neededMib <= haveMib) return ok(estimate);
  return warning(estimate, 'Lower --max-sessions or add memory.');
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../../../../config.ts';

/** What was measured on this machine, with the bundled call and the models of the configuration. */
export interface CapacityMeasurement {
  /** Calls with two voices and their words that all cores together analyze in real time, with nothing to spare. */
  readonly calls: number;
  /** The same with a camera on both sides, six pictures per second each. */
  readonly callsWithCameras: number;
  /** Resident memory of the process with its models and without a call, in bytes. */
  readonly idleBytes: number;
  /** Share of the processor's time that other programs took meanwhile, 0…1. */
  readonly othersShare: number;
}

/** Rejects where the models cannot be opened, and when the signal aborts. */
export type CapacityProbe = (
  config: Pick<Config, 'modelBundle' | 'providers'>,
  signal: AbortSignal,
) => Promise<CapacityMeasurement>;

/** Time of each of the two measurements, in ms. A quarter as long goes before each, to get warm. */
export const MEASURED_MS = 6000;

const SCRIPT = fileURLToPath(new URL('./capacity-process.ts', import.meta.url));

/** Measures in a process of its own, whose main thread does nothing else. */
export async function measureCapacity(
  { modelBundle, providers }: Pick<Config, 'modelBundle' | 'providers'>,
  signal: AbortSignal,
  measuredMs = MEASURED_MS,
): Promise<CapacityMeasurement> {
  const args = [SCRIPT, modelBundle, providers.join(), String(measuredMs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as CapacityMeasurement;
}

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Config } from '../../../../config/config-schema.ts';

/** Results on this machine, with the bundled call and the configured models. */
export interface CapacityMeasurement {
  /**
   * Number of calls with two voices and their words that all cores together analyze in real time, with nothing to
   * spare.
   */
  readonly calls: number;
  /** The same with one camera per side, at six pictures per second each. */
  readonly callsWithCameras: number;
  /** Resident memory of the process with loaded models and without a call, in bytes. */
  readonly idleBytes: number;
  /** Share of the processor's time that other programs used during the measurement, 0…1. */
  readonly othersShare: number;
}

/** Rejects when the models cannot be opened, or when the signal aborts. */
export type CapacityProbe = (
  config: Pick<Config, 'modelBundle' | 'providers'>,
  signal: AbortSignal,
) => Promise<CapacityMeasurement>;

/** Duration of each of the two measurements, in ms. A warm-up of a quarter of this time comes before each. */
export const MEASURED_MS = 6000;

const SCRIPT = fileURLToPath(new URL('./capacity-process.ts', import.meta.url));

/** Measures in a separate process, whose main thread does nothing else. */
export async function measureCapacity(
  { modelBundle, providers }: Pick<Config, 'modelBundle' | 'providers'>,
  signal: AbortSignal,
  measuredMs = MEASURED_MS,
): Promise<CapacityMeasurement> {
  const args = [SCRIPT, modelBundle, providers.join(), String(measuredMs)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { signal });
  return JSON.parse(stdout) as CapacityMeasurement;
}

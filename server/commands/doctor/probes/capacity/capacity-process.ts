// Runs as a separate process: measures how many calls this machine can analyze and prints a CapacityMeasurement as
// JSON. Arguments: bundle directory, providers separated by commas, milliseconds for each of the two measurements.
import { availableParallelism, cpus } from 'node:os';
import type { ExecutionProvider } from '../../../../../models/index.ts';
import { AnalysisShards } from '../../../../analysis/analysis-shards.ts';
import { carriedCalls } from './carried-calls.ts';
import type { CapacityMeasurement } from './measure-capacity.ts';
import { readSampleFrames } from './sample-frames.ts';

const MAX_CALLS = 16;

async function measure(bundleDirectory: string, providers: string, measuredMs: number): Promise<CapacityMeasurement> {
  const shards = await AnalysisShards.open({
    bundleDirectory,
    providers: providers.split(',') as ExecutionProvider[],
    log: () => {},
  });
  try {
    const idleBytes = process.memoryUsage.rss();
    const { voicesAndWords, withCameras } = await readSampleFrames();
    const callCount = Math.min(MAX_CALLS, Math.max(4, 2 * availableParallelism()));
    const options = { shards, callCount, warmUpMs: measuredMs / 4, measuredMs };
    const before = processorTimes();
    const calls = await carriedCalls({ ...options, frames: voicesAndWords });
    const callsWithCameras = await carriedCalls({ ...options, frames: withCameras });
    return { calls, callsWithCameras, idleBytes, othersShare: othersShare(before, processorTimes()) };
  } finally {
    await shards.close();
  }
}

interface ProcessorTimes {
  readonly allMs: number;
  readonly busyMs: number;
  readonly ownMs: number;
}

/** Processor times of all cores together. Only the difference between two readings has a meaning. */
function processorTimes(): ProcessorTimes {
  const times = cpus().map((core) => core.times);
  const allMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0);
  const idleMs = times.reduce((sum, { idle }) => sum + idle, 0);
  const { user, system } = process.cpuUsage();
  return { allMs, busyMs: allMs - idleMs, ownMs: (user + system) / 1000 };
}

/** Share of the processor's time that other programs used, 0…1. */
function othersShare(before: ProcessorTimes, after: ProcessorTimes): number {
  const allMs = after.allMs - before.allMs;
  if (allMs <= 0) return 0;
  const othersMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return Math.min(1, Math.max(0, othersMs / allMs));
}

const [bundleDirectory = '', providers = 'cpu', measuredMs = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(await measure(bundleDirectory, providers, Number(measuredMs))));

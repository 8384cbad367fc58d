import { availableParallelism } from 'node:os';
import type { Clock } from '../pipeline/index.ts';
import { LoadProjection } from './ingest/admission/load-projection.ts';

/** What a call uses in the first minute of a process, before its code is compiled, in ms per second of a call. */
const ALL_THREADS_MS = 50;
const MAIN_THREAD_MS = 10;

/** Foresees the load of this process. Call it in the main thread. */
export function projectLoad(maxLoad: number, clock: Clock, liveCalls: () => number): LoadProjection {
  return new LoadProjection({
    clock,
    liveCalls,
    maxLoad,
    resources: [
      { usedMs: () => sumOf(process.cpuUsage()), cores: availableParallelism(), assumedMs: ALL_THREADS_MS },
      { usedMs: () => sumOf(process.threadCpuUsage()), cores: 1, assumedMs: MAIN_THREAD_MS },
    ],
  });
}

function sumOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

import { getHeapStatistics } from 'node:v8';
import type { Logger } from 'pino';
import type { Clock } from '../../pipeline/index.ts';
import { MIB } from '../byte-units.ts';
import type { LimitLog } from '../limits/limit-log.ts';
import { MemoryBudget, type MemoryReason, type MemoryStep, type ProcessMemory } from './memory-budget.ts';
import { defaultBudgetBytes } from './memory-limit.ts';
import { SocketMemory } from './socket-memory.ts';

/** A budget that leaves less than this above the idle server is probably a mistake. */
const LEAST_ROOM_BYTES = 256 * MIB;

export interface WatchMemoryOptions {
  readonly clock: Clock;
  /** Memory that the process may use, in MiB. Default: a share of the machine or container. */
  readonly budgetMib: number | undefined;
  /** Bytes of media that wait for their turn. */
  readonly waitingBytes: () => number;
  /** Heaps of the other threads. Default: none. */
  readonly readThreads?: () => readonly Pick<ProcessMemory, 'heapBytes' | 'heapLimitBytes'>[];
  readonly onStep: (step: MemoryStep, reason: MemoryReason, amount: number) => void;
  readonly log: Logger;
  readonly limitLog: LimitLog;
}

export interface MemoryWatch {
  readonly budget: MemoryBudget;
  readonly sockets: SocketMemory;
  /** Starts the periodic checks, once the server is ready. */
  start(): void;
}

/** Creates the server's memory budget. It reads the memory of the process and logs the actions. */
export function watchMemory(options: WatchMemoryOptions): MemoryWatch {
  const { clock, budgetMib, waitingBytes, log } = options;
  const sockets = new SocketMemory();
  const budget = new MemoryBudget({
    clock,
    budgetBytes: budgetMib === undefined ? defaultBudgetBytes() : budgetMib * MIB,
    readProcess: () => fullestHeap(readProcess(), options.readThreads?.() ?? []),
    others: { waiting: waitingBytes, sockets: () => sockets.bytes() },
    shrinkSockets: (maxBytes) => sockets.shrinkTo(maxBytes),
    onStep(step, reason, amount, sessionId) {
      options.onStep(step, reason, amount);
      // Log each closed session. The other actions happen often, so their log lines are limited.
      if (sessionId !== undefined) log.warn({ sessionId, reason }, 'a session was closed: memory is short');
      else options.limitLog.reached(`memory-${step}`, 'memory is short', { reason });
    },
  });
  const start = (): void => {
    budget.start();
    const room = budget.budgetBytes - readProcess().residentBytes;
    if (room >= LEAST_ROOM_BYTES) return;
    log.warn({ budgetBytes: budget.budgetBytes, roomBytes: room }, 'the memory budget leaves little for calls');
  };
  return { budget, sockets, start };
}

function readProcess(): ProcessMemory {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return {
    residentBytes: process.memoryUsage.rss(),
    heapBytes: used_heap_size,
    heapLimitBytes: heap_size_limit,
  };
}

/** Each thread has a heap of its own. The fullest one counts. */
function fullestHeap(usage: ProcessMemory, threads: ReturnType<NonNullable<WatchMemoryOptions['readThreads']>>) {
  const share = ({ heapBytes, heapLimitBytes }: (typeof threads)[number]) => heapBytes / heapLimitBytes;
  const fullest = threads.reduce<(typeof threads)[number]>(
    (worst, next) => (share(next) > share(worst) ? next : worst),
    usage,
  );
  return { ...usage, heapBytes: fullest.heapBytes, heapLimitBytes: fullest.heapLimitBytes };
}

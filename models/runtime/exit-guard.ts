import type { Worker } from 'node:worker_threads';

/**
 * ONNX Runtime aborts the process if its thread is ended while native code runs, as `process.exit()` does. The exit code
 * then becomes 134. Each thread therefore reports when it is in native code, and the process waits at its exit until no
 * thread is.
 */
export type ExitFlags = Int32Array<SharedArrayBuffer>;

const BUSY = 0;
const EXITING = 1;
const MAX_EXIT_WAIT_MS = 5_000;

const guarded = new Set<ExitFlags>();

/** Flags to share with one thread. */
export function createExitFlags(): ExitFlags {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
}

/** In the main thread: makes the exit of the process wait for the thread's native code, 5 s at most. */
export function guardExit(thread: Worker, flags: ExitFlags): void {
  if (guarded.size === 0) process.once('exit', waitForThreads);
  guarded.add(flags);
  thread.once('exit', () => {
    guarded.delete(flags);
    if (guarded.size === 0) process.removeListener('exit', waitForThreads);
  });
}

/** In the thread: runs native code. If the process is exiting, it never settles. */
export async function runGuarded<T>(flags: ExitFlags, native: () => Promise<T>): Promise<T> {
  Atomics.store(flags, BUSY, 1);
  const exiting = Atomics.load(flags, EXITING) === 1;
  try {
    if (!exiting) return await native();
  } finally {
    Atomics.store(flags, BUSY, 0);
    Atomics.notify(flags, BUSY);
  }
  return new Promise<never>(() => {});
}

function waitForThreads(): void {
  const deadline = performance.now() + MAX_EXIT_WAIT_MS;
  for (const flags of guarded) Atomics.store(flags, EXITING, 1);
  for (const flags of guarded) Atomics.wait(flags, BUSY, 1, Math.max(0, deadline - performance.now()));
}

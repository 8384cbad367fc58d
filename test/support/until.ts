import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `passes` holds. The test's own time limit ends the wait. */
export async function until(passes: () => boolean | Promise<boolean>, signal?: AbortSignal): Promise<void> {
  while (!(await passes())) await sleep(5, undefined, { ...(signal !== undefined && { signal }) });
}

/** Waits at most `ms` until `passes` holds. Returns whether it did. */
export async function holdsWithin(ms: number, passes: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + ms;
  while (!(await passes())) {
    if (performance.now() > deadlineMs) return false;
    await sleep(20);
  }
  return true;
}

import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `passes` holds. The test's own time limit ends the wait. */
export async function until(passes: () => boolean | Promise<boolean>, signal?: AbortSignal): Promise<void> {
  while (!(await passes())) await sleep(5, undefined, { ...(signal !== undefined && { signal }) });
}

// An analysis thread that ends as it is told: see `Death`.
import { parentPort } from 'node:worker_threads';

/** Ways for an analysis thread to end. */
export type Death = 'throws' | 'exits';

const deaths: Readonly<Record<Death, () => void>> = {
  throws() {
    throw new TypeError('no such lane');
  },
  exits: () => process.exit(7),
};

parentPort?.on('message', (message: unknown) => {
  if (typeof message === 'string' && message in deaths) deaths[message as Death]();
});
await import('../../../server/analysis/shard-thread.ts');

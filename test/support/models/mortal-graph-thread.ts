// The thread of a graph worker that can be made to exit while it works.
import { parentPort } from 'node:worker_threads';
import { LAST_MESSAGE } from './last-message.ts';

parentPort?.on('message', (message: unknown) => {
  if (message === LAST_MESSAGE) process.exit(7);
});
await import('../../../models/runtime/graph-worker-thread.ts');

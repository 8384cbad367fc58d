// A graph worker's thread that can be made to exit in the middle of its work.
import { parentPort } from 'node:worker_threads';
import { LAST_MESSAGE } from './last-message.ts';

parentPort?.on('message', (message: unknown) => {
  if (message === LAST_MESSAGE) process.exit(7);
});
await import('../../../models/runtime/graph-worker-thread.ts');

// A picture thread that dies of a picture which ends in a given way.
import { parentPort } from 'node:worker_threads';
import { FATAL_END } from './fatal-picture.ts';

parentPort?.on('message', ({ bytes }: { readonly bytes: Uint8Array }) => {
  if (Buffer.from(bytes.subarray(-FATAL_END.length)).equals(FATAL_END)) throw new RangeError('memory access out of bounds');
});
await import('../../../server/ingest/pictures/picture-thread.ts');

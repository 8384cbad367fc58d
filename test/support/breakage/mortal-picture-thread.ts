// A picture thread that exits while it decodes a picture with a certain ending.
import { parentPort } from 'node:worker_threads';
import { FATAL_END } from './fatal-picture.ts';

parentPort?.on('message', ({ bytes }: { readonly bytes: Uint8Array }) => {
  if (Buffer.from(bytes.subarray(-FATAL_END.length)).equals(FATAL_END)) process.exit(7);
});
await import('../../../server/ingest/pictures/picture-thread.ts');

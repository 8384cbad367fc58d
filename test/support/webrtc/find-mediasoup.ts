import { existsSync, globSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mediasoup } from '../../../server/ingest/webrtc/mediasoup/mediasoup-types.ts';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/mediasoup', import.meta.url));

/** mediasoup with a worker that runs here, or why there is none. See `ensure-mediasoup.mjs`. */
export function findMediasoup(): { readonly mediasoup: Mediasoup } | { readonly missing: string } {
  const [cached] = globSync(join(CACHE, 'worker/usr/lib/*/mediasoup/mediasoup-worker'));
  const worker = process.env.MEDIASOUP_WORKER_BIN ?? cached;
  if (worker !== undefined && existsSync(worker)) process.env.MEDIASOUP_WORKER_BIN = worker;
  for (const folder of [import.meta.url, join(CACHE, 'npm/index.js')]) {
    try {
      const mediasoup = createRequire(folder)('mediasoup') as Mediasoup;
      return worker === undefined ? { missing: 'there is no worker binary' } : { mediasoup };
    } catch {
      // Not found here.
    }
  }
  return { missing: 'the package is not installed' };
}

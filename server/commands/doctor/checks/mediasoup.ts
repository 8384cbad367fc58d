import type { Config } from '../../../config/config-schema.ts';
import { loadMediasoup } from '../../../ingest/webrtc/mediasoup/mediasoup-media.ts';
import type { Mediasoup } from '../../../ingest/webrtc/mediasoup/mediasoup-types.ts';
import { type Finding, failure, ok, reasonOf } from '../finding.ts';

/** If mediasoup is to receive WebRTC: checks that it is installed and that its worker starts. */
export async function checkMediasoup(
  { webrtc, host }: Pick<Config, 'webrtc' | 'host'>,
  load: () => Promise<Mediasoup> = () => loadMediasoup(host),
): Promise<Finding[]> {
  if (webrtc !== 'mediasoup') return [ok('not configured')];
  let mediasoup: Mediasoup;
  try {
    mediasoup = await load();
  } catch {
    return [failure('the package is not installed', 'npm install mediasoup, or set --webrtc werift.')];
  }
  try {
    const worker = await mediasoup.createWorker({ logLevel: 'error' });
    worker.close();
    return [ok('its worker starts')];
  } catch (error) {
    const advice =
      'npm explore mediasoup -- node npm-scripts.mjs postinstall with access to the internet, or set MEDIASOUP_WORKER_BIN.';
    return [failure(`its worker does not start: ${reasonOf(error)}`, advice)];
  }
}

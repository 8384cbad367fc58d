import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import type { Clock } from '../../../../pipeline/index.ts';
import { ServiceError } from '../../../service-error.ts';
import { candidateAddresses } from '../ice/candidate-addresses.ts';
import type { WebRtcMedia } from '../transport/open-transport.ts';
import type { Mediasoup } from './mediasoup-types.ts';
import { RouterConnection } from './router-connection.ts';
import { RouterLane } from './router-lane.ts';
import { ROUTER_CODECS } from './rtp-parameters.ts';

export interface MediasoupMediaOptions {
  /** Address on which media is received. */
  readonly host: string;
  /** First of {@link MEDIASOUP_PORTS} UDP ports. Undefined: mediasoup chooses (10000 to 59999). */
  readonly port: number | undefined;
  /** Addresses announced to peers instead of `host`. Only the first one counts. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the installed package. */
  readonly mediasoup?: Mediasoup;
  /** Worker processes. Default: one per core. */
  readonly workers?: number;
}

/** Number of UDP ports, from the configured one on. */
export const MEDIASOUP_PORTS = 1000;
/** Pause before a worker that died is replaced, in ms. */
const RESTART_MS = 500;

/**
 * Opens the media side on mediasoup: one worker process per core, each with a router. If a worker dies, its connections
 * are lost and a new worker replaces it. The publishers reconnect to another worker.
 *
 * @throws ServiceError `listen-failed` if mediasoup is not installed or its worker does not start.
 */
export async function openMediasoupMedia(options: MediasoupMediaOptions): Promise<WebRtcMedia> {
  const { host, port, addresses, clock, log, workers = availableParallelism() } = options;
  const mediasoup = options.mediasoup ?? (await loadMediasoup(host));
  const lanes: RouterLane[] = [];
  let isClosed = false;
  // mediasoup accepts no host names.
  const ip = host === 'localhost' ? '127.0.0.1' : host;
  const [announcedIp] = candidateAddresses(addresses, ip);
  const listenIps = [{ ip, ...(announcedIp !== ip && { announcedIp }) }];

  const openLane = async (): Promise<void> => {
    const ports = port === undefined ? {} : { rtcMinPort: port, rtcMaxPort: port + MEDIASOUP_PORTS - 1 };
    const worker = await mediasoup.createWorker({ logLevel: 'error', ...ports });
    const router = await worker.createRouter({ mediaCodecs: ROUTER_CODECS });
    if (isClosed) return worker.close();
    const lane = new RouterLane(worker, router);
    lanes.push(lane);
    worker.on('died', () => {
      lanes.splice(lanes.indexOf(lane), 1);
      if (isClosed) return;
      log.error({ pid: worker.pid, connections: lane.connections }, 'a mediasoup worker died; it is replaced');
      clock.scheduler.schedule(replace, RESTART_MS);
    });
  };
  const replace = (): void => {
    if (isClosed) return;
    openLane().catch((error: unknown) => {
      log.error({ err: error }, 'a mediasoup worker could not be started');
      clock.scheduler.schedule(replace, 10 * RESTART_MS);
    });
  };

  try {
    await Promise.all(Array.from({ length: workers }, openLane));
  } catch (error) {
    isClosed = true;
    for (const { worker } of lanes) worker.close();
    throw ServiceError.listenFailed(host, port ?? 0, error);
  }
  return {
    port: null,
    hasRedundancy: false,
    // mediasoup's data channels need stream numbers that were agreed beforehand. WHIP clients do not do that.
    hasChannels: false,
    async open(request) {
      const [lane] = [...lanes].sort((a, b) => a.connections - b.connections);
      if (lane === undefined)
        throw new ServiceError('session-limit', 'no media worker is running at the moment; try again later');
      return RouterConnection.open({ ...request, lane, listenIps, clock });
    },
    async close() {
      isClosed = true;
      for (const { worker } of [...lanes]) worker.close();
    },
  };
}

/** Loads the installed package. @throws ServiceError `listen-failed` if it is not installed. */
export async function loadMediasoup(host: string): Promise<Mediasoup> {
  try {
    // A name that the compiler does not resolve, because the package is optional.
    const name: string = 'mediasoup';
    const module = (await import(name)) as Mediasoup & { default?: Mediasoup };
    return module.default ?? module;
  } catch (error) {
    throw ServiceError.listenFailed(
      host,
      0,
      new Error('mediasoup is not installed: npm install mediasoup', { cause: error }),
    );
  }
}

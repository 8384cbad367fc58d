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
  /** Address that media is received on. */
  readonly host: string;
  /** First of {@link MEDIASOUP_PORTS} UDP ports; undefined leaves the choice to mediasoup (10000 to 59999). */
  readonly port: number | undefined;
  /** Addresses that peers are told instead of `host`; the first one counts. */
  readonly addresses: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: the installed package. */
  readonly mediasoup?: Mediasoup;
  /** Worker processes. Default: one a core. */
  readonly workers?: number;
}

/** UDP ports that are used from the configured one on. */
export const MEDIASOUP_PORTS = 1000;
/** Pause before a worker that died is replaced, in ms. */
const RESTART_MS = 500;

/**
 * Opens the media side on mediasoup: a worker process a core, each with a router. A worker that dies takes its
 * connections with it, whose publishers come back to another; it is replaced.
 *
 * @throws ServiceError `listen-failed` when mediasoup is not installed or its worker does not start.
 */
export async function openMediasoupMedia(options: MediasoupMediaOptions): Promise<WebRtcMedia> {
  const { host, port, addresses, clock, log, workers = availableParallelism() } = options;
  const mediasoup = options.mediasoup ?? (await loadMediasoup(host));
  const lanes: RouterLane[] = [];
  let isClosed = false;
  // It takes no names.
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
    // Its data channels exist for those who agree on their numbers beforehand, which WHIP clients do not.
    hasChannels: false,
    async open(request) {
      const [lane] = [...lanes].sort((a, b) => a.connections - b.connections);
      if (lane === undefined) throw new ServiceError('session-limit', 'no media worker runs now; try again later');
      return RouterConnection.open({ ...request, lane, listenIps, clock });
    },
    async close() {
      isClosed = true;
      for (const { worker } of [...lanes]) worker.close();
    },
  };
}

/** The installed package. @throws ServiceError `listen-failed` where there is none. */
export async function loadMediasoup(host: string): Promise<Mediasoup> {
  try {
    // A name that the compiler does not resolve: the package is there or not.
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

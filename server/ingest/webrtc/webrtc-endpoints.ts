import type { Logger } from 'pino';
import type { Clock } from '../../../pipeline/index.ts';
import type { AskAdmission } from '../../admission.ts';
import type { IngestPort } from '../admission/ingest-port.ts';
import type { IceServers } from './ice-servers.ts';
import { type ListenerMeter, WhepEndpoint } from './listening/whep-endpoint.ts';
import { openMediasoupMedia } from './mediasoup/mediasoup-media.ts';
import type { Mediasoup } from './mediasoup/mediasoup-types.ts';
import type { WebRtcMedia } from './transport/open-transport.ts';
import { openWebRtcMedia } from './webrtc-media.ts';
import type { WebRtcLimits, WebRtcMeter } from './webrtc-publisher.ts';
import { WhipEndpoint } from './whip-endpoint.ts';

export interface WebRtcEndpointsOptions {
  /** What receives the media. `off`: every offer is refused. */
  readonly backend: 'werift' | 'mediasoup' | 'off';
  /** Address on which media is received. */
  readonly host: string;
  /** UDP port of all media, or the first of mediasoup's. Default: the server's TCP port number, or any free port. */
  readonly udpPort: number | undefined;
  /** IP addresses announced to peers. */
  readonly addresses: readonly string[];
  readonly limits: WebRtcLimits;
  readonly iceServers: IceServers;
  readonly ingest: IngestPort;
  /** Called before another publisher or listener is admitted. */
  readonly refuse: AskAdmission;
  /** Whether a session accepts media. */
  readonly isLive: (sessionId: string) => boolean;
  readonly clock: Clock;
  readonly meter: WebRtcMeter & ListenerMeter;
  readonly log: Logger;
  /** Default: the installed package, if the backend needs it. */
  readonly mediasoup?: Mediasoup | undefined;
}

/** WebRTC publishers and listeners, and the media side that they share. */
export class WebRtcEndpoints {
  readonly whip: WhipEndpoint;
  readonly whep: WhepEndpoint;
  readonly #options: WebRtcEndpointsOptions;
  #media: WebRtcMedia | null = null;

  constructor(options: WebRtcEndpointsOptions) {
    const { backend, limits, iceServers, ingest, refuse, isLive, clock, meter, log } = options;
    this.#options = options;
    const transports = () => this.#media;
    this.whip = new WhipEndpoint({ ingest, transports, refuse, limits, iceServers, clock, meter, log });
    this.whep = new WhepEndpoint({
      isSupported: backend === 'mediasoup',
      isLive,
      find: (sessionId, participantId) => this.whip.find(sessionId, participantId),
      refuse,
      helloTimeoutMs: limits.helloTimeoutMs,
      iceServers,
      clock,
      meter,
      log,
    });
  }

  /** Publishers and listeners that are connected or about to be. */
  get openCount(): number {
    return this.whip.openCount + this.whep.openCount;
  }

  /** UDP port of all media. Null if there is none or there are several. */
  get udpPort(): number | null {
    return this.#media?.port ?? null;
  }

  /**
   * Opens the media side.
   *
   * @param tcpPort - the server's TCP port. The UDP port uses the same number if it is free.
   * @throws ServiceError `port-taken`, `listen-failed`.
   */
  async open(tcpPort: number): Promise<void> {
    this.#media = await this.#openMedia(tcpPort);
  }

  /** Ends every listener and publisher, then the media side. */
  async close(): Promise<void> {
    this.whep.close();
    this.whip.close();
    await this.#media?.close();
  }

  async #openMedia(tcpPort: number): Promise<WebRtcMedia | null> {
    const { backend, host, udpPort, addresses, limits, clock, meter, log, mediasoup } = this.#options;
    if (backend === 'off') return null;
    if (backend === 'mediasoup') {
      return openMediasoupMedia({ host, port: udpPort, addresses, clock, log, ...(mediasoup && { mediasoup }) });
    }
    const open = (port: number) =>
      openWebRtcMedia({
        host,
        port,
        addresses,
        maxMessageBytes: limits.maxMessageBytes,
        clock,
        onDropped: (reason) => meter.datagramDropped(reason),
        onFault(error) {
          meter.peerFaulted('webrtc');
          log.error({ err: error }, 'a datagram from an unknown peer caused an error; it was dropped');
        },
      });
    if (udpPort !== undefined) return open(udpPort);
    return open(tcpPort).catch(() => open(0));
  }
}

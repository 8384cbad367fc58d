import type { Subscription } from 'rxjs';
import type { Clock } from '../../../../pipeline/index.ts';
import { parseRtp } from '../rtp/rtp-packet.ts';
import type { LocalTransport } from '../sdp/answer.ts';
import type { MediaTransport, MediaTransportHandlers, TransportEnd } from '../transport/media-transport.ts';
import type { TransportRequest } from '../transport/open-transport.ts';
import type { MediasoupDirectTransport, MediasoupRouter, MediasoupWebRtcTransport } from './mediasoup-types.ts';
import { producerParameters } from './rtp-parameters.ts';

export interface RouterConnectionOptions extends TransportRequest {
  readonly router: MediasoupRouter;
  /** As mediasoup takes them: `{ip, announcedIp}`. */
  readonly listenIps: readonly Record<string, unknown>[];
  readonly clock: Clock;
}

/** Interval of the look at what a peer has sent, in ms. */
const LOOK_MS = 2000;

/** A peer's media through a mediasoup router: in by a WebRtcTransport, out to this process by a DirectTransport. */
export class RouterConnection implements MediaTransport {
  readonly local: LocalTransport;
  readonly #handlers: MediaTransportHandlers;
  readonly #peer: MediasoupWebRtcTransport;
  readonly #direct: MediasoupDirectTransport;
  readonly #clock: Clock;
  #look: Subscription;
  #bytes = 0;
  #closed = false;

  static async open(options: RouterConnectionOptions): Promise<RouterConnection> {
    const { router, listenIps, offer, chosen } = options;
    const peer = await router.createWebRtcTransport({ listenIps, enableUdp: true, enableTcp: false });
    try {
      const direct = await router.createDirectTransport();
      const connection = new RouterConnection(options, peer, direct);
      const { fingerprints } = offer;
      await peer.connect({ dtlsParameters: { role: 'client', fingerprints } });
      for (const section of offer.sections) {
        const codec = chosen.get(section.mid);
        if (codec === undefined || (section.kind !== 'audio' && section.kind !== 'video')) continue;
        const { id } = await peer.produce(producerParameters(section, codec));
        const consumer = await direct.consume({ producerId: id, rtpCapabilities: router.rtpCapabilities });
        const types = new Map<number, number>();
        for (const { mimeType, payloadType } of consumer.rtpParameters.codecs) {
          const own = mimeType.endsWith('/rtx') ? codec.rtx : codec.codec;
          if (own !== null) types.set(payloadType, own.payloadType);
        }
        consumer.on('rtp', (packet: Buffer) => connection.#onRtp(packet, types));
      }
      return connection;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  private constructor(
    { handlers, clock }: RouterConnectionOptions,
    peer: MediasoupWebRtcTransport,
    direct: MediasoupDirectTransport,
  ) {
    this.#handlers = handlers;
    this.#clock = clock;
    this.#peer = peer;
    this.#direct = direct;
    const { usernameFragment: ufrag, password } = peer.iceParameters;
    this.local = {
      ufrag,
      password,
      fingerprints: peer.dtlsParameters.fingerprints.filter(({ algorithm }) => algorithm === 'sha-256'),
      candidates: peer.iceCandidates
        .filter(({ protocol }) => protocol === 'udp')
        .map(({ ip, port }) => ({ address: ip, port })),
    };
    peer.on('dtlsstatechange', (state: string) => this.#onState(state));
    // The worker that carried it has died.
    peer.on('routerclose', () => this.#end('failed'));
    direct.on('rtcp', (packet: Buffer) => {
      if (!this.#closed) handlers.onRtcp(packet);
    });
    this.#look = clock.scheduler.schedule(() => void this.#lookAgain(), LOOK_MS);
  }

  sendRtcp(packet: Buffer): void {
    if (!this.#closed) this.#direct.sendRtcp(packet);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#look.unsubscribe();
    this.#peer.close();
    this.#direct.close();
  }

  #onState(state: string): void {
    if (this.#closed) return;
    if (state === 'connected') this.#handlers.onConnected();
    else if (state === 'failed' || state === 'closed') this.#end(state);
  }

  /** The packet as the peer's own offer numbers it; the router's header extensions mean nothing here. */
  #onRtp(bytes: Buffer, types: ReadonlyMap<number, number>): void {
    const packet = this.#closed ? null : parseRtp(bytes);
    const type = packet === null ? undefined : types.get(packet.payloadType);
    if (packet === null || type === undefined) return;
    const header = Buffer.from(bytes.subarray(0, 12));
    header.writeUInt8(0x80, 0);
    header.writeUInt8((packet.marker ? 0x80 : 0) | type, 1);
    this.#handlers.onAlive();
    this.#handlers.onRtp(Buffer.concat([header, packet.payload]));
  }

  /** Reports of a peer that sends no media stay in the router: its count of bytes tells that it lives. */
  async #lookAgain(): Promise<void> {
    const [stats] = await this.#peer.getStats().catch(() => []);
    if (this.#closed) return;
    if (stats !== undefined && stats.bytesReceived !== this.#bytes) this.#handlers.onAlive();
    this.#bytes = stats?.bytesReceived ?? this.#bytes;
    this.#look = this.#clock.scheduler.schedule(() => void this.#lookAgain(), LOOK_MS);
  }

  #end(end: TransportEnd): void {
    if (this.#closed) return;
    this.close();
    this.#handlers.onEnded(end);
  }
}

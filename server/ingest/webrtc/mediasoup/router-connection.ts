import type { Clock } from '../../../../pipeline/index.ts';
import { parseRtp } from '../rtp/rtp-packet.ts';
import type { LocalTransport } from '../sdp/answer.ts';
import { OfferError } from '../sdp/offer.ts';
import type { MediaTransport, MediaTransportHandlers, PassedOn, PassOnRequest } from '../transport/media-transport.ts';
import type { TransportRequest } from '../transport/open-transport.ts';
import type { MediasoupDirectTransport } from './mediasoup-types.ts';
import type { RouterLane } from './router-lane.ts';
import { openRouterListener, type RouterSource } from './router-listener.ts';
import { RouterPeer } from './router-peer.ts';
import { producerParameters } from './rtp-parameters.ts';

export interface RouterConnectionOptions extends TransportRequest {
  readonly lane: RouterLane;
  /** In mediasoup's form: `{ip, announcedIp}`. */
  readonly listenIps: readonly Record<string, unknown>[];
  readonly clock: Clock;
}

/**
 * A publisher's media through a mediasoup router. It enters by a WebRtcTransport and reaches this process by a
 * DirectTransport.
 */
export class RouterConnection implements MediaTransport {
  readonly local: LocalTransport;
  readonly #options: RouterConnectionOptions;
  readonly #handlers: MediaTransportHandlers;
  readonly #peer: RouterPeer;
  readonly #direct: MediasoupDirectTransport;
  readonly #release: () => void;
  readonly #sources: RouterSource[] = [];
  #closed = false;

  static async open(options: RouterConnectionOptions): Promise<RouterConnection> {
    const { lane, offer, chosen } = options;
    const { router } = lane;
    const release = lane.hold();
    let peer: RouterPeer | null = null;
    let connection: RouterConnection | null = null;
    try {
      const { onConnected, onAlive } = options.handlers;
      const onEnded: MediaTransportHandlers['onEnded'] = (end) => {
        connection?.close();
        options.handlers.onEnded(end);
      };
      peer = await RouterPeer.open({ ...options, router, handlers: { onConnected, onAlive, onEnded } });
      const direct = await router.createDirectTransport();
      const opened = new RouterConnection(options, peer, direct, release);
      connection = opened;
      for (const section of offer.sections) {
        const codec = chosen.get(section.mid);
        if (codec === undefined || (section.kind !== 'audio' && section.kind !== 'video')) continue;
        const { id: producerId } = await peer.transport.produce(producerParameters(section, codec));
        const consumer = await direct.consume({ producerId, rtpCapabilities: router.rtpCapabilities });
        opened.#sources.push({ kind: codec.kind, producerId, codec: consumer.rtpParameters.codecs[0]! });
        const types = new Map<number, number>();
        for (const { mimeType, payloadType } of consumer.rtpParameters.codecs) {
          const own = mimeType.endsWith('/rtx') ? codec.rtx : codec.codec;
          if (own !== null) types.set(payloadType, own.payloadType);
        }
        const receive = (packet: Buffer) => opened.#onRtp(packet, types);
        consumer.on('rtp', (packet: Buffer) => options.guard.run(receive, packet));
      }
      return opened;
    } catch (error) {
      connection?.close();
      peer?.close();
      release();
      // mediasoup throws these errors for parameters that it does not accept.
      const isOffers = error instanceof Error && ['TypeError', 'UnsupportedError'].includes(error.name);
      throw isOffers
        ? new OfferError('mediasoup does not accept the parameters of the offer', { cause: error })
        : error;
    }
  }

  private constructor(
    options: RouterConnectionOptions,
    peer: RouterPeer,
    direct: MediasoupDirectTransport,
    release: () => void,
  ) {
    const { onRtcp } = options.handlers;
    this.#options = options;
    this.#handlers = options.handlers;
    this.#peer = peer;
    this.#direct = direct;
    this.#release = release;
    this.local = peer.local;
    // The worker has died. Its publishers notice by the silence, as this process does. They have as long to return as
    // after any lost connection.
    direct.on('routerclose', () => this.close());
    direct.on('rtcp', (packet: Buffer) => {
      if (!this.#closed) onRtcp(packet);
    });
  }

  sendRtcp(packet: Buffer): void {
    if (!this.#closed) this.#direct.sendRtcp(packet);
  }

  passOn(request: PassOnRequest): Promise<PassedOn> {
    return openRouterListener({ ...this.#options, ...request, sources: this.#sources });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peer.close();
    this.#direct.close();
    this.#release();
  }

  /** Renumbers the packet as in the peer's own offer. The router's header extensions mean nothing here. */
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
}

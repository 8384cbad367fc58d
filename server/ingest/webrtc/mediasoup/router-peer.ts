import type { Subscription } from 'rxjs';
import type { Clock } from '../../../../pipeline/index.ts';
import type { LocalTransport } from '../sdp/answer.ts';
import type { Offer } from '../sdp/offer.ts';
import type { ConnectionHandlers } from '../transport/media-transport.ts';
import type { MediasoupRouter, MediasoupWebRtcTransport } from './mediasoup-types.ts';

export interface RouterPeerOptions {
  readonly router: MediasoupRouter;
  /** In mediasoup's form: `{ip, announcedIp}`. */
  readonly listenIps: readonly Record<string, unknown>[];
  readonly offer: Offer;
  readonly clock: Clock;
  readonly handlers: ConnectionHandlers;
}

/** Interval at which a peer's byte count is checked, in ms. */
const LOOK_MS = 2000;

/** A peer's own connection to a router. The worker handles its ICE, DTLS and SRTP. */
export class RouterPeer {
  readonly local: LocalTransport;
  readonly transport: MediasoupWebRtcTransport;
  readonly #handlers: ConnectionHandlers;
  readonly #clock: Clock;
  #look: Subscription;
  #bytes = 0;
  #closed = false;

  static async open({ router, listenIps, offer, clock, handlers }: RouterPeerOptions): Promise<RouterPeer> {
    const transport = await router.createWebRtcTransport({ listenIps, enableUdp: true, enableTcp: false });
    const peer = new RouterPeer(transport, handlers, clock);
    try {
      await transport.connect({
        dtlsParameters: { role: offer.isPassive ? 'server' : 'client', fingerprints: offer.fingerprints },
      });
      return peer;
    } catch (error) {
      peer.close();
      throw error;
    }
  }

  private constructor(transport: MediasoupWebRtcTransport, handlers: ConnectionHandlers, clock: Clock) {
    this.transport = transport;
    this.#handlers = handlers;
    this.#clock = clock;
    const { usernameFragment: ufrag, password } = transport.iceParameters;
    this.local = {
      ufrag,
      password,
      fingerprints: transport.dtlsParameters.fingerprints.filter(({ algorithm }) => algorithm === 'sha-256'),
      candidates: transport.iceCandidates
        .filter(({ protocol }) => protocol === 'udp')
        .map(({ ip, port }) => ({ address: ip, port })),
    };
    transport.on('dtlsstatechange', (state: string) => this.#onState(state));
    this.#look = clock.scheduler.schedule(() => void this.#lookAgain(), LOOK_MS);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#look.unsubscribe();
    this.transport.close();
  }

  #onState(state: string): void {
    if (this.#closed) return;
    if (state === 'connected') this.#handlers.onConnected();
    else if (state === 'failed' || state === 'closed') this.#handlers.onEnded(state);
  }

  /** Reports of a peer that sends no media stay in the router. Its byte count shows that it is alive. */
  async #lookAgain(): Promise<void> {
    const [stats] = await this.transport.getStats().catch(() => []);
    if (this.#closed) return;
    if (stats !== undefined && stats.bytesReceived !== this.#bytes) this.#handlers.onAlive();
    this.#bytes = stats?.bytesReceived ?? this.#bytes;
    this.#look = this.#clock.scheduler.schedule(() => void this.#lookAgain(), LOOK_MS);
  }
}

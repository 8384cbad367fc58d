import type { Clock } from '../../../../pipeline/index.ts';
import type { PeerGuard } from '../../../peer-guard.ts';
import { DtlsClient } from '../dtls/dtls-client.ts';
import type { DtlsEndpoint, DtlsOptions } from '../dtls/dtls-endpoint.ts';
import type { DtlsIdentity } from '../dtls/dtls-identity.ts';
import { DtlsServer } from '../dtls/dtls-server.ts';
import type { SrtpKeys } from '../dtls/key-schedule.ts';
import type { IcePeer, Path, UdpMux } from '../ice/udp-mux.ts';
import { SctpAssociation } from '../sctp/sctp-association.ts';
import type { HostCandidate, LocalTransport } from '../sdp/answer.ts';
import type { Offer } from '../sdp/offer.ts';
import type { MediaTransport, MediaTransportHandlers, TransportEnd } from './media-transport.ts';
import { SrtpTransport } from './srtp-transport.ts';

export interface DtlsConnectionOptions {
  readonly mux: UdpMux;
  readonly identity: DtlsIdentity;
  readonly offer: Offer;
  readonly candidates: readonly HostCandidate[];
  readonly handlers: MediaTransportHandlers;
  readonly guard: PeerGuard;
  readonly clock: Clock;
  /** Largest message of a channel, in bytes. */
  readonly maxMessageBytes: number;
}

/** DTLS, SRTP and SCTP with one peer, through the shared UDP port. */
export class DtlsConnection implements MediaTransport {
  readonly local: LocalTransport;
  readonly #options: DtlsConnectionOptions;
  readonly #ice: IcePeer;
  readonly #dtls: DtlsEndpoint;
  /** Null if the peer begins the handshake. */
  readonly #client: DtlsClient | null;
  #srtp: SrtpTransport | null = null;
  #sctp: SctpAssociation | null = null;
  #path: Path | null = null;
  #closed = false;

  constructor(options: DtlsConnectionOptions) {
    const { mux, identity, offer, candidates, handlers, guard, clock } = options;
    this.#options = options;
    const receive = (bytes: Buffer) => this.#onDatagram(bytes);
    this.#ice = mux.add({
      onDatagram: (bytes, path) => {
        this.#path = path;
        guard.run(receive, bytes);
      },
      onAlive: () => {
        handlers.onAlive();
        this.#begin();
      },
    });
    const dtls: DtlsOptions = {
      identity,
      fingerprints: offer.fingerprints,
      clock,
      send: (datagram) => this.#ice.send(datagram),
      onConnected: (keys) => this.#onConnected(keys),
      onData: (bytes) => this.#sctp?.receive(bytes),
      onAlive: () => this.#onGenuine(),
      onEnded: (end) => this.#end(end),
      onDropped: handlers.onDropped,
    };
    this.#client = offer.isPassive ? new DtlsClient(dtls) : null;
    this.#dtls = this.#client ?? new DtlsServer(dtls);
    const { ufrag, password } = this.#ice;
    this.local = { ufrag, password, fingerprints: [identity.fingerprint], candidates };
  }

  sendRtcp(packet: Buffer): void {
    if (this.#srtp !== null && !this.#closed) this.#ice.send(this.#srtp.sealRtcp(packet));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#sctp?.close();
    this.#dtls.close();
    this.#ice.close();
  }

  /** A passive peer waits for this side's hello. It can be sent once the peer has shown where it is. */
  #begin(): void {
    const client = this.#client;
    if (client === null || client.isConnected || this.#closed || !this.#ice.isReachable) return;
    this.#options.guard.run(() => client.begin(), undefined);
  }

  #onConnected(keys: SrtpKeys): void {
    const { offer, handlers, maxMessageBytes, clock, guard } = this.#options;
    const { profile, client, server } = keys;
    this.#srtp = new SrtpTransport(this.#client === null ? keys : { profile, client: server, server: client });
    const channel = offer.sections.find((section) => section.kind === 'application');
    if (channel?.kind === 'application') {
      this.#sctp = new SctpAssociation({
        remotePort: channel.sctpPort,
        maxMessageBytes,
        clock,
        guard,
        send: (packet) => this.#dtls.send(packet),
        onChannel: (opened) => {
          if (!this.#closed) handlers.onChannel(opened);
        },
        onDropped: handlers.onDropped,
      });
    }
    handlers.onConnected();
  }

  #onDatagram(bytes: Buffer): void {
    if (this.#closed) return;
    const first = bytes[0] ?? 0;
    // RFC 7983: 20…63 is DTLS, 128…191 is RTP or RTCP.
    if (first >= 20 && first <= 63) {
      // Until the peer has proved its identity, answer to the address of its last datagram.
      if (!this.#dtls.isConnected) this.#usePath();
      this.#dtls.receive(bytes);
    } else if (first >= 128 && first <= 191 && this.#srtp !== null && bytes.length > 1) {
      this.#onMedia(this.#srtp, bytes);
    }
  }

  #onMedia(srtp: SrtpTransport, bytes: Buffer): void {
    const { handlers } = this.#options;
    const isRtcp = bytes[1]! >= 192 && bytes[1]! <= 223;
    const packet = isRtcp ? srtp.openRtcp(bytes) : srtp.openRtp(bytes);
    if (typeof packet === 'string') {
      handlers.onDropped(packet);
      return;
    }
    this.#onGenuine();
    if (isRtcp) handlers.onRtcp(packet);
    else handlers.onRtp(packet);
  }

  /** The last datagram is authenticated as the peer's. */
  #onGenuine(): void {
    this.#usePath();
    this.#options.handlers.onAlive();
  }

  #usePath(): void {
    if (this.#path !== null) this.#ice.use(this.#path);
  }

  #end(end: TransportEnd): void {
    if (this.#closed) return;
    this.close();
    this.#options.handlers.onEnded(end);
  }
}

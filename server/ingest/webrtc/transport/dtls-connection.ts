import {
  Event,
  type RTCDataChannel,
  RTCDtlsFingerprint,
  RTCDtlsParameters,
  RTCDtlsTransport,
  type RTCIceTransport,
  RTCSctpTransport,
} from 'werift';
import type { IcePeer, UdpMux } from '../ice/udp-mux.ts';
import type { HostCandidate, LocalTransport } from '../sdp/answer.ts';
import type { Offer } from '../sdp/offer.ts';
import { HandshakeGate } from './handshake-gate.ts';
import type { MediaTransport, MediaTransportHandlers, MessageChannel, TransportEnd } from './media-transport.ts';

export interface DtlsConnectionOptions {
  readonly mux: UdpMux;
  readonly offer: Offer;
  readonly candidates: readonly HostCandidate[];
  readonly handlers: MediaTransportHandlers;
  /** Largest message of a channel, in bytes. */
  readonly maxMessageBytes: number;
}

/** AEAD_AES_128_GCM, then AES128_CM_HMAC_SHA1_80 (RFC 5764, RFC 7714). */
const SRTP_PROFILES = [7, 1] as const;
/** SCTP port of this side; there is one association a connection. */
const SCTP_PORT = 5000;

/** DTLS, SRTP and SCTP with one peer, through the shared UDP port. werift does the cryptography. */
export class DtlsConnection implements MediaTransport {
  readonly local: LocalTransport;
  readonly #options: DtlsConnectionOptions;
  readonly #ice: IcePeer;
  readonly #dtls: RTCDtlsTransport;
  readonly #datagrams = new Event<[Buffer]>();
  readonly #gate = new HandshakeGate();
  #sctp: RTCSctpTransport | null = null;
  #connected = false;
  #closed = false;

  /** Makes this server's certificate, once for all connections; the first call takes some milliseconds. */
  static async prepare(): Promise<void> {
    await RTCDtlsTransport.SetupCertificate();
  }

  constructor(options: DtlsConnectionOptions) {
    const { mux, offer, candidates, handlers } = options;
    this.#options = options;
    this.#ice = mux.add({ onDatagram: (bytes) => this.#onDatagram(bytes), onAlive: () => handlers.onAlive() });
    // werift's DTLS asks of its ICE no more than this: the agent is this server's own.
    const ice = {
      role: 'controlled',
      connection: {
        onData: this.#datagrams,
        send: async (bytes: Buffer) => this.#ice.send(bytes),
        close: async () => this.#end('closed'),
      },
      stop: async () => {},
    };
    this.#dtls = new RTCDtlsTransport({}, ice as unknown as RTCIceTransport, RTCDtlsTransport.localCertificate, [
      ...SRTP_PROFILES,
    ]);
    this.#dtls.role = 'server';
    // werift would decrypt inside its own listener, where a malformed packet throws: it is done here instead.
    this.#dtls.srtpStarted = true;
    const fingerprints = offer.fingerprints.map(({ algorithm, value }) => new RTCDtlsFingerprint(algorithm, value));
    this.#dtls.setRemoteParams(new RTCDtlsParameters(fingerprints, 'client'));
    this.#dtls.onStateChange.subscribe((state) => {
      if (state === 'closed') this.#end('closed');
    });
    const channel = offer.sections.find((section) => section.kind === 'application');
    if (channel?.kind === 'application') this.#openSctp(channel.sctpPort);
    this.local = {
      ufrag: this.#ice.ufrag,
      password: this.#ice.password,
      fingerprints: this.#dtls.localParameters.fingerprints,
      candidates,
    };
    void this.#handshake(channel?.kind === 'application' ? channel.sctpPort : null);
  }

  sendRtcp(packet: Buffer): void {
    if (this.#connected && !this.#closed) this.#ice.send(this.#dtls.srtcp.encrypt(packet));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    void this.#sctp?.stop().catch(() => {});
    this.#sctp?.onDataChannel.complete();
    this.#dtls.onStateChange.complete();
    this.#datagrams.complete();
    // After the stop of SCTP has sent its last chunk.
    setImmediate(() => this.#ice.close());
  }

  async #handshake(sctpPort: number | null): Promise<void> {
    try {
      await this.#dtls.start();
      this.#dtls.updateSrtpSession();
    } catch {
      this.#end('failed');
      return;
    }
    if (this.#closed) return;
    this.#connected = true;
    this.#options.handlers.onConnected();
    if (sctpPort !== null) await this.#sctp?.start(sctpPort).catch(() => {});
  }

  #openSctp(remotePort: number): void {
    const sctp = new RTCSctpTransport(SCTP_PORT, this.#options.maxMessageBytes);
    sctp.setDtlsTransport(this.#dtls);
    sctp.setRemotePort(remotePort);
    sctp.onDataChannel.subscribe((channel) => {
      // werift tells of a channel just before it is open.
      queueMicrotask(() => {
        if (!this.#closed) this.#options.handlers.onChannel(asMessageChannel(channel));
      });
    });
    this.#sctp = sctp;
  }

  #onDatagram(bytes: Buffer): void {
    if (this.#closed) return;
    const first = bytes[0] ?? 0;
    // RFC 7983: 20…63 is DTLS, 128…191 is RTP or RTCP.
    if (first >= 20 && first <= 63) {
      for (const record of this.#gate.pass(bytes)) this.#datagrams.execute(record);
    } else if (first >= 128 && first <= 191 && this.#connected && bytes.length > 1) {
      this.#onMedia(bytes);
    }
  }

  #onMedia(bytes: Buffer): void {
    const isRtcp = bytes[1]! >= 192 && bytes[1]! <= 223;
    let packet: Buffer;
    try {
      packet = isRtcp ? this.#dtls.srtcp.decrypt(bytes) : this.#dtls.srtp.decrypt(bytes);
    } catch {
      // Not encrypted with the peer's key, or cut short: it is nobody's packet.
      return;
    }
    if (isRtcp) this.#options.handlers.onRtcp(packet);
    else this.#options.handlers.onRtp(packet);
  }

  #end(end: TransportEnd): void {
    if (this.#closed) return;
    this.close();
    this.#options.handlers.onEnded(end);
  }
}

function asMessageChannel(channel: RTCDataChannel): MessageChannel {
  return {
    label: channel.label,
    listen(onText) {
      channel.onMessage.subscribe((data) => onText(typeof data === 'string' ? data : null));
    },
    send(text) {
      if (channel.readyState === 'open') channel.send(text);
    },
  };
}

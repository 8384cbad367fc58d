import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { RtpHeader, SrtcpSession, SrtpSession } from 'werift';
import { APPLICATION_DATA } from '../../../server/ingest/webrtc/dtls/dtls-record.ts';
import type { SrtpKeys } from '../../../server/ingest/webrtc/dtls/key-schedule.ts';
import { isStun } from '../../../server/ingest/webrtc/ice/stun-message.ts';
import { DtlsClient, type DtlsDeviations } from './dtls-client.ts';
import { makeCertificate, type PeerCertificate } from './peer-certificate.ts';
import { bindingRequest } from './stun-client.ts';

export interface AttackerOptions {
  /** Address of the server, such as `http://127.0.0.1:7700`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Query of the WHIP address, such as `session=a`. */
  readonly query?: string;
  readonly certificate?: PeerCertificate;
  /** Fingerprint lines of the offer. Default: the fingerprint of the certificate. */
  readonly fingerprints?: readonly string[];
  readonly deviations?: DtlsDeviations;
}

/** A WebRTC publisher made of sockets. The test chooses its packets. */
export class WebRtcAttacker implements AsyncDisposable {
  readonly sessionId: string;
  readonly location: string;
  readonly ufrag: string;
  readonly password: string;
  /** UDP port of the server. */
  readonly serverPort: number;
  readonly socket: Socket;
  readonly dtls: DtlsClient;
  /** Descriptions of the received alerts. */
  readonly alerts: number[] = [];
  /** The received SCTP packets. */
  readonly data: Buffer[] = [];
  /** Called with each SCTP packet. */
  onData: (packet: Buffer) => void = () => {};
  readonly #headers: Readonly<Record<string, string>>;
  #rtp: SrtpSession | null = null;
  #rtcp: SrtcpSession | null = null;

  private constructor(
    options: AttackerOptions,
    certificate: PeerCertificate,
    socket: Socket,
    response: Response,
    answer: string,
  ) {
    const value = (pattern: RegExp) => pattern.exec(answer)![1]!;
    this.#headers = options.headers ?? {};
    this.sessionId = response.headers.get('Undertone-Session')!;
    this.location = new URL(response.headers.get('Location')!, options.url).href;
    this.ufrag = value(/a=ice-ufrag:(.*)\r/);
    this.password = value(/a=ice-pwd:(.*)\r/);
    this.serverPort = Number(value(/a=candidate:\S+ 1 udp \d+ \S+ (\d+) typ host/));
    this.socket = socket;
    this.dtls = new DtlsClient({
      certificate,
      ...(options.deviations && { deviations: options.deviations }),
      send: (datagram) => this.send(datagram),
      onConnected: (keys) => this.#onConnected(keys),
      onData: (packet) => {
        this.data.push(packet);
        this.onData(packet);
      },
      onAlert: (alert) => this.alerts.push(alert[1]!),
    });
    socket.on('message', (bytes) => {
      if (!isStun(bytes)) this.dtls.receive(bytes);
    });
  }

  /** Sends an offer and proves its address. */
  static async open(options: AttackerOptions): Promise<WebRtcAttacker> {
    const certificate = options.certificate ?? makeCertificate();
    const fingerprints = options.fingerprints ?? [`sha-256 ${certificate.fingerprint}`];
    const response = await fetch(`${options.url}/v1/whip?${options.query ?? ''}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...options.headers },
      body: attackerOffer(fingerprints),
    });
    if (response.status !== 201)
      throw new Error(`the offer was answered with ${response.status}: ${await response.text()}`);
    const answer = await response.text();
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const attacker = new WebRtcAttacker(options, certificate, socket, response, answer);
    await attacker.prove();
    return attacker;
  }

  /** Like {@link open}, with a completed handshake. Rejects when the server does not accept it in time. */
  static async connect(options: AttackerOptions): Promise<WebRtcAttacker> {
    const attacker = await WebRtcAttacker.open(options);
    if (!(await attacker.handshake(60_000))) throw new Error('an honest client was not let in');
    return attacker;
  }

  /** Proves its address with a signed connectivity check. */
  async prove(): Promise<void> {
    for (let tries = 0; tries < 100; tries += 1) {
      const answered = once(this.socket, 'message', { signal: AbortSignal.timeout(500) }).catch(() => null);
      this.send(this.check());
      if ((await answered) !== null) return;
    }
    throw new Error('the server answered no check');
  }

  check(): Buffer {
    return bindingRequest({ username: `${this.ufrag}:atck`, password: this.password, nominates: true }).bytes;
  }

  /** Performs the handshake. Resolves to whether the server accepted it. */
  async handshake(withinMs = 3000): Promise<boolean> {
    this.dtls.start();
    for (let waited = 0; waited < withinMs && !this.dtls.isConnected; waited += 20) {
      await sleep(20);
      if (waited % 400 === 380) this.dtls.repeat();
    }
    return this.dtls.isConnected;
  }

  /** Sends a datagram from its own socket, or from another one. */
  send(datagram: Buffer, socket = this.socket): void {
    socket.send(datagram, this.serverPort, '127.0.0.1');
  }

  /** An encrypted RTP packet. */
  sealRtp(payload: Buffer, fields: Partial<ConstructorParameters<typeof RtpHeader>[0]> = {}): Buffer {
    const header = new RtpHeader({ payloadType: 111, ssrc: 1234, sequenceNumber: 1, timestamp: 0, ...fields });
    return this.#rtp!.encrypt(payload, header);
  }

  /** An encrypted compound RTCP packet. */
  sealRtcp(packet: Buffer): Buffer {
    return this.#rtcp!.encrypt(packet);
  }

  /** Sends an SCTP packet. */
  sendSctp(packet: Buffer): void {
    this.dtls.sendRecord(APPLICATION_DATA, packet);
  }

  async leave(): Promise<number> {
    return (await fetch(this.location, { method: 'DELETE', headers: this.#headers })).status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(() => resolve()));
  }

  #onConnected({ profile, client, server }: SrtpKeys): void {
    const keys = {
      localMasterKey: client.key,
      localMasterSalt: client.salt,
      remoteMasterKey: server.key,
      remoteMasterSalt: server.salt,
    };
    this.#rtp = new SrtpSession({ keys, profile });
    this.#rtcp = new SrtcpSession({ keys, profile });
  }
}

/** An offer of voice, camera and data channels, like a browser's. */
export function attackerOffer(fingerprints: readonly string[]): string {
  const transport = [
    'c=IN IP4 0.0.0.0',
    'a=ice-ufrag:atck',
    'a=ice-pwd:0123456789abcdefghijkl',
    ...fingerprints.map((fingerprint) => `a=fingerprint:${fingerprint}`),
    'a=setup:actpass',
  ];
  return [
    'v=0',
    'o=- 1 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0 1 2',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 63',
    ...transport,
    'a=mid:0',
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:63 red/48000/2',
    'a=fmtp:63 111/111',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    ...transport,
    'a=mid:1',
    'a=sendonly',
    'a=rtcp-mux',
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 nack pli',
    'a=rtpmap:97 rtx/90000',
    'a=fmtp:97 apt=96',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ...transport,
    'a=mid:2',
    'a=sctp-port:5000',
    '',
  ].join('\r\n');
}

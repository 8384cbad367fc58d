import { MediaStreamTrack, RTCPeerConnection, RTCRtpCodecParameters, RtpHeader, RtpPacket } from 'werift';
import { type Clock, systemClock } from '../../../pipeline/index.ts';
import { sleepOn } from '../server/patient-clock.ts';
import { type Encoded, FILM } from './encoded-media.ts';

export interface RtpPublisherOptions {
  /** Address of the WHIP endpoint, with its query. */
  readonly url: string;
  readonly token?: string;
  /** Opus packets of 20 ms. Null offers no audio. */
  readonly voice: readonly Encoded[] | null;
  /** VP8 frames. Null offers no video. */
  readonly film: readonly Encoded[] | null;
  /** UDP port that the peer sends to. Default: the port in the server's answer. */
  readonly mediaPort?: number;
  /** Offers to be the server of the DTLS handshake (`a=setup:passive`). */
  readonly isPassive?: boolean;
}

const CODECS = {
  audio: [new RTCRtpCodecParameters({ mimeType: 'audio/opus', clockRate: 48_000, channels: 2 })],
  video: [
    new RTCRtpCodecParameters({
      mimeType: 'video/VP8',
      clockRate: 90_000,
      rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
    }),
    new RTCRtpCodecParameters({ mimeType: 'video/rtx', clockRate: 90_000 }),
  ],
};
/** Length of an Opus packet, in ms. */
const VOICE_PACKET_MS = 20;
/** Largest payload per packet, in bytes. */
const MAX_PAYLOAD_BYTES = 1100;

/** A WebRTC peer that publishes recorded media in real time, with its own RTP packetiser. */
export class RtpPublisher {
  readonly pc = new RTCPeerConnection({ codecs: CODECS, iceServers: [], bundlePolicy: 'max-bundle' });
  readonly #options: RtpPublisherOptions;
  readonly #voice = new MediaStreamTrack({ kind: 'audio' });
  readonly #film = new MediaStreamTrack({ kind: 'video' });
  #sequence = { audio: 65_500, video: 65_000 };
  #picture = 0;
  /** Packets and frames that {@link sendUntil} has sent. */
  #sent = { audio: 0, video: 0 };
  location = '';
  sessionId = '';
  answer = '';

  constructor(options: RtpPublisherOptions) {
    this.#options = options;
    if (options.voice !== null) this.pc.addTransceiver(this.#voice, { direction: 'sendonly' });
    if (options.film !== null) this.pc.addTransceiver(this.#film, { direction: 'sendonly' });
  }

  /** Sends an offer and waits until media can be sent. */
  async connect(): Promise<this> {
    const { url, token, mediaPort, isPassive = false } = this.#options;
    await this.pc.setLocalDescription(await this.pc.createOffer());
    const offer = this.pc.localDescription!.sdp;
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
      body: isPassive ? offer.replaceAll('a=setup:actpass', 'a=setup:passive') : offer,
    });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    this.location = new URL(response.headers.get('Location')!, url).href;
    this.sessionId = response.headers.get('Undertone-Session')!;
    this.answer = await response.text();
    const sdp =
      mediaPort === undefined
        ? this.answer
        : this.answer.replace(/(a=candidate:.* )\d+( typ host)/g, `$1${mediaPort}$2`);
    // werift rejects with a value that is not an error.
    const connected = this.pc.connectionStateChange
      .watch((state) => state === 'connected', 20_000)
      .catch(async () => {
        await this.pc.close();
        throw new Error('a publisher did not connect within 20 s');
      });
    await this.pc.setRemoteDescription({ type: 'answer', sdp });
    await connected;
    return this;
  }

  /** Sends all media, each packet when the clock says so. */
  async play(clock: Clock = systemClock): Promise<void> {
    const { voice, film } = this.#options;
    const items = [
      ...(voice ?? []).map((item) => ({ ...item, kind: 'audio' as const })),
      ...(film ?? []).map((item) => ({ ...item, kind: 'video' as const })),
    ].sort((a, b) => a.startMs - b.startMs);
    const startMs = clock.now();
    for (const item of items) {
      const waitMs = startMs + item.startMs - clock.now();
      if (waitMs > 1) await sleepOn(clock, waitMs);
      if (item.kind === 'audio') this.#sendVoice(item);
      else this.#sendFrame(item);
    }
  }

  /** Sends what is due before `untilMs`. Recordings repeat. The caller sets the pace. */
  sendUntil(untilMs: number): void {
    const { voice, film } = this.#options;
    for (; voice !== null && this.#sent.audio * VOICE_PACKET_MS < untilMs; this.#sent.audio += 1) {
      const { data } = voice[this.#sent.audio % voice.length]!;
      this.#sendVoice({ startMs: this.#sent.audio * VOICE_PACKET_MS, data });
    }
    for (; film !== null && (this.#sent.video * 1000) / FILM.perSecond < untilMs; this.#sent.video += 1) {
      const { data } = film[this.#sent.video % film.length]!;
      this.#sendFrame({ startMs: (this.#sent.video * 1000) / FILM.perSecond, data });
    }
  }

  /** Ends the session by DELETE, as in RFC 9725. Resolves to the HTTP status. */
  async leave(): Promise<number> {
    const { token } = this.#options;
    const { status } = await fetch(this.location, {
      method: 'DELETE',
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    });
    await this.pc.close();
    return status;
  }

  #sendVoice({ startMs, data }: Encoded): void {
    this.#voice.writeRtp(this.#packet('audio', Math.round(startMs * 48), true, Buffer.from(data)));
  }

  /**
   * Sends a frame as browsers do by RFC 7741: with a picture id of 15 bits, S on the frame's first packet and the
   * marker on its last.
   */
  #sendFrame({ startMs, data }: Encoded): void {
    const picture = 0x8000 | (this.#picture++ & 0x7fff);
    for (let at = 0; at < data.length; at += MAX_PAYLOAD_BYTES) {
      const part = data.subarray(at, at + MAX_PAYLOAD_BYTES);
      const payload = Buffer.concat([Buffer.from([at === 0 ? 0x90 : 0x80, 0x80, picture >> 8, picture & 0xff]), part]);
      const isLast = at + MAX_PAYLOAD_BYTES >= data.length;
      this.#film.writeRtp(this.#packet('video', Math.round(startMs * 90), isLast, payload));
    }
  }

  #packet(kind: 'audio' | 'video', timestamp: number, marker: boolean, payload: Buffer): RtpPacket {
    this.#sequence[kind] = (this.#sequence[kind] + 1) & 0xffff;
    return new RtpPacket(new RtpHeader({ sequenceNumber: this.#sequence[kind], timestamp, marker }), payload);
  }
}

import { RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from 'werift';

/** A payload type that no browser and no router uses for Opus. */
export const LISTENER_PAYLOAD_TYPE = 117;

/** A WebRTC peer that only listens (WHEP) and keeps what it receives. */
export class RtpListener {
  readonly pc = new RTCPeerConnection({
    codecs: {
      audio: [
        new RTCRtpCodecParameters({
          mimeType: 'audio/opus',
          clockRate: 48_000,
          channels: 2,
          payloadType: LISTENER_PAYLOAD_TYPE,
        }),
      ],
      video: [],
    },
    iceServers: [],
    bundlePolicy: 'max-bundle',
  });
  readonly #url: string;
  readonly received: RtpPacket[] = [];
  location = '';
  etag = '';
  answer = '';

  /** @param url - address of the WHEP endpoint, with its query. */
  constructor(url: string) {
    this.#url = url;
    this.pc.addTransceiver('audio', { direction: 'recvonly' });
    this.pc.onTrack.subscribe((track) => track.onReceiveRtp.subscribe((packet) => this.received.push(packet)));
  }

  /** Sends an offer and waits until media can arrive. */
  async connect(): Promise<this> {
    await this.pc.setLocalDescription(await this.pc.createOffer());
    const headers = { 'Content-Type': 'application/sdp' };
    const response = await fetch(this.#url, { method: 'POST', headers, body: this.pc.localDescription!.sdp });
    if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
    this.location = new URL(response.headers.get('Location')!, this.#url).href;
    this.etag = response.headers.get('ETag')!;
    this.answer = await response.text();
    const connected = this.pc.connectionStateChange.watch((state) => state === 'connected', 20_000);
    await this.pc.setRemoteDescription({ type: 'answer', sdp: this.answer });
    await connected;
    return this;
  }
}

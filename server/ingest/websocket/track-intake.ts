import type { MediaPacket, RefusalCode, TrackMedia, TranscriptMessage } from '../../../client-sdk/protocol/index.ts';
import type { MediaFrame } from '../../../pipeline/index.ts';
import { decodePcm } from './decode-pcm.ts';
import { hasImageSignature } from './image-signature.ts';

/** Turns what a publisher sends on one track into frames, or says why not. */
export class TrackIntake {
  readonly trackId: string;
  readonly #media: TrackMedia;
  readonly #jitterMs: number;
  #newestMs = 0;

  /** `jitterMs`: how far a packet may lie behind the newest one of its track. */
  constructor(trackId: string, media: TrackMedia, jitterMs: number) {
    this.trackId = trackId;
    this.#media = media;
    this.#jitterMs = jitterMs;
  }

  /** `horizonMs`: the latest media time that a live call can have reached. The frame shares no memory with `packet`. */
  takePacket(packet: MediaPacket, horizonMs: number): MediaFrame | RefusalCode {
    const media = this.#media;
    const { trackId } = this;
    const { mediaTimeMs: startMs, payload } = packet;
    if (media.kind !== packet.kind) return 'wrong-media';
    if (startMs > horizonMs || startMs < this.#newestMs - this.#jitterMs) return 'bad-time';
    let frame: MediaFrame;
    if (media.kind === 'audio') {
      const samples = decodePcm(payload, media.encoding, media.channelCount ?? 1);
      if (samples === null) return 'bad-samples';
      frame = { kind: 'audio', trackId, startMs, sampleRateHz: media.sampleRateHz, samples };
    } else {
      if (!hasImageSignature(payload, media.encoding)) return 'bad-image';
      frame = { kind: 'video', trackId, startMs, image: { encoding: media.encoding, bytes: payload.slice() } };
    }
    this.#newestMs = Math.max(this.#newestMs, startMs);
    return frame;
  }

  /** Words may lie anywhere behind: they come when they are recognised. */
  takeTranscript(message: TranscriptMessage, horizonMs: number): MediaFrame | RefusalCode {
    if (this.#media.kind !== 'transcript') return 'wrong-media';
    if (message.endMs > horizonMs) return 'bad-time';
    const { segmentId, startMs, endMs, text, final } = message;
    return { kind: 'transcript', trackId: this.trackId, segmentId, startMs, endMs, text, final };
  }
}
